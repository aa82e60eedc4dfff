// The conversations before and after the open one, and the one the mouse rests on, are fetched
// ahead and stand ready on the page, unseen, with their letters loaded: going on takes no waiting.
// Nobody has read them (Purpose: prefetch; htmx does not know of them yet). They live in this
// page only and go as soon as their row changes or anything is done.

import { openThread, rowOf, rows } from "./list.js";

const MOST = 4;
const LONGEST = 300_000; // milliseconds
const HOVER = 80;
const ready = new Map(); // address of a conversation → {pane, title, sign, at}
let asking = new Map();

const pathOf = (row) => row?.querySelector(".row__link")?.getAttribute("hx-get");
const signOf = (row) => `${row.textContent} ${row.querySelectorAll("svg").length}`;

function drop(path) {
  ready.get(path)?.pane.remove();
  ready.delete(path);
}

function forget() {
  [...ready.keys()].forEach(drop);
  asking.forEach((stop) => stop.abort());
  asking = new Map();
}

/** Build a pane that nothing can find yet: hidden, and its ids put aside. */
function build(text) {
  const holder = document.createElement("template");
  holder.innerHTML = text;
  const pane = holder.content.querySelector("#reader");
  if (!pane) return null;
  for (const one of [pane, ...pane.querySelectorAll("[id]")]) {
    one.dataset.laterId = one.id;
    one.removeAttribute("id");
  }
  pane.hidden = true;
  return { pane, title: holder.content.querySelector("title")?.textContent ?? "" };
}

async function fetchAhead(row) {
  const path = pathOf(row);
  if (!path || ready.has(path) || asking.has(path) || navigator.connection?.saveData) return;
  const stop = new AbortController();
  asking.set(path, stop);
  const sign = signOf(row);
  try {
    const headers = { "HX-Request": "true", "HX-Target": "reader", Purpose: "prefetch", "X-By-Itself": "yes" };
    const answer = await fetch(path, { headers, signal: stop.signal, redirect: "error", cache: "no-store" });
    const built = answer.ok ? build(await answer.text()) : null;
    if (!built || stop.signal.aborted || row.dataset.thread === openThread()) return;
    document.getElementById("reader")?.parentElement.append(built.pane);
    ready.set(path, { ...built, sign, at: Date.now() });
    if (ready.size > MOST) drop(ready.keys().next().value);
  } catch {
    // Fetching ahead is a favour: what did not come is asked for when it is wanted.
  } finally {
    if (asking.get(path) === stop) asking.delete(path);
  }
}

function take(path, row) {
  const found = ready.get(path);
  if (found && row && found.sign === signOf(row) && Date.now() - found.at < LONGEST) {
    ready.delete(path);
    return found;
  }
  drop(path);
  return null;
}

/** Put a pane that stands ready in the place of the open one; it is not moved, or its frames would load anew. */
function show({ pane, title }, old, elt, path) {
  const { htmx } = window;
  const detail = { target: pane, elt };
  htmx.trigger(document.body, "htmx:beforeSwap", { target: old, requestConfig: { elt }, xhr: { status: 200 } });
  history.pushState({ htmx: true }, "", path);
  old.remove();
  for (const one of [pane, ...pane.querySelectorAll("[data-later-id]")]) {
    one.id = one.dataset.laterId;
    delete one.dataset.laterId;
  }
  pane.hidden = false;
  document.title = title;
  htmx.process(pane);
  htmx.trigger(pane, "htmx:load", { elt: pane });
  for (const event of ["htmx:afterSwap", "htmx:afterSettle"]) htmx.trigger(pane, event, detail);
  htmx.trigger(document.body, "htmx:pushedIntoHistory", { path });
}

function neighbours() {
  const all = rows();
  const here = all.findIndex((row) => row.dataset.thread === openThread());
  if (here === -1) return;
  for (const row of [all[here + 1], all[here - 1]]) if (row) fetchAhead(row);
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, target, requestConfig } = event.detail;
  if (target.id !== "reader" || !elt.matches(".row__link")) return;
  const found = take(requestConfig.path, elt.closest(".row"));
  if (!found) return;
  event.preventDefault();
  show(found, target, elt, requestConfig.path);
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (["reader", "newest", "list"].includes(event.detail?.target?.id)) neighbours();
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { requestConfig, elt } = event.detail;
  if (requestConfig.verb !== "get" && !elt.matches("[data-marks-read]")) forget();
});
window.addEventListener("pagehide", forget);

let resting = 0;
document.addEventListener("pointerover", (event) => {
  clearTimeout(resting);
  const row = event.pointerType === "mouse" && event.target.closest?.("#rows .row");
  if (row && row !== rowOf(openThread())) resting = setTimeout(fetchAhead, HOVER, row);
});

neighbours();
