// New mail appears by itself. The server says only that something has changed;
// whatever shows a list listens for `portal:look` and asks for it again.
// Our own deeds say `portal:changed`; both together make one look.

const SOON = 200;
// A tab that nobody sees looks less often: for the number in its title, and for notices.
const LATER = 10_000;
let waiting = 0;
let lastLook = 0;

function look() {
  clearTimeout(waiting);
  const rest = document.hidden ? Math.max(SOON, lastLook + LATER - Date.now()) : SOON;
  missed = document.hidden;
  waiting = setTimeout(() => {
    lastLook = Date.now();
    window.htmx.trigger(document.body, "portal:look");
  }, rest);
}

let missed = false;
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && missed) {
    missed = false;
    look();
  }
});
document.body.addEventListener("portal:changed", look);

// A list that renews itself is not a click: it must not keep a session open.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.triggeringEvent?.type === "portal:look") event.detail.headers["X-By-Itself"] = "yes";
});

const address = document.body.dataset.live;
function listen() {
  let wasLost = false;
  const source = new EventSource(address);
  source.addEventListener("mail", look);
  source.addEventListener("error", () => (wasLost = true));
  source.addEventListener("open", () => {
    document.dispatchEvent(new CustomEvent("portal:connected"));
    if (wasLost) look();
    wasLost = false;
  });
  window.addEventListener("pagehide", () => source.close(), { once: true });
}

if (address && "EventSource" in window) {
  listen();
  // Back from the browser's own memory, where the page lay without a line.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    listen();
    look();
  });
}
