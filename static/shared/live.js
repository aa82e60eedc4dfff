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

// One tab holds the line for all of a mailbox's tabs: a browser keeps six lines to one host
// (HTTP/1.1), and a seventh tab would wait for ever. The next tab takes over when it closes.
const others = address && "BroadcastChannel" in window ? new BroadcastChannel(`live ${address}`) : null;
let isLost = false;

function hear(what) {
  if (what === "mail") return look();
  if (what === "lost") return void (isLost = true);
  document.dispatchEvent(new CustomEvent("portal:connected"));
  if (isLost) look();
  isLost = false;
}

function tell(what) {
  others?.postMessage(what);
  hear(what);
}

function listen() {
  const source = new EventSource(address);
  source.addEventListener("mail", () => tell("mail"));
  source.addEventListener("error", () => tell("lost"));
  source.addEventListener("open", () => tell("open"));
  return source;
}

/** Wait for our turn to hold the line, and hold it until the page goes. */
function takeTurns() {
  const gone = new AbortController();
  const hold = () =>
    new Promise((release) => {
      const source = listen();
      const end = () => {
        source.close();
        release();
      };
      gone.signal.addEventListener("abort", end, { once: true });
    });
  window.addEventListener("pagehide", () => gone.abort(), { once: true });
  if (!navigator.locks) return void hold();
  // Aborted while it waits: the page is going, and that is no error.
  navigator.locks.request(`live ${address}`, { signal: gone.signal }, hold).catch(() => {});
}

if (address && "EventSource" in window) {
  if (others) others.onmessage = (event) => hear(event.data);
  takeTurns();
  // Back from the browser's own memory, where the page lay without a line.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    takeTurns();
    look();
  });
}
