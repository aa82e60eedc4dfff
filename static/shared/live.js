// New mail appears by itself. The server says only that something has changed;
// whatever shows a list listens for `portal:look` and asks for it again.
// Our own deeds say `portal:changed`; both together make one look.

const SOON = 200;
let waiting = 0;

function look() {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (document.hidden) {
      missed = true;
      return;
    }
    window.htmx.trigger(document.body, "portal:look");
  }, SOON);
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
if (address && "EventSource" in window) {
  let wasLost = false;
  const source = new EventSource(address);
  source.addEventListener("mail", look);
  source.addEventListener("error", () => (wasLost = true));
  source.addEventListener("open", () => {
    if (wasLost) look();
    wasLost = false;
  });
  window.addEventListener("pagehide", () => source.close());
}
