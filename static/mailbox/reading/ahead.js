// The letters before and after the open one are fetched ahead, and the one the mouse rests on,
// so that going on takes no waiting. They are kept in this page's memory only, marked as nobody's
// reading (Purpose: prefetch), and dropped as soon as their row changes or anything is done.

import { openThread, rowOf, rows } from "./list.js";

const MOST = 8;
const LONGEST = 300_000; // milliseconds
const HOVER = 80;
const kept = new Map(); // address of a conversation → {text, sign, at}
let asking = new Map();

const linkOf = (row) => row?.querySelector(".row__link[hx-get]");
const signOf = (row) => `${row.textContent} ${row.querySelectorAll("svg").length}`;

function forget() {
  kept.clear();
  asking.forEach((stop) => stop.abort());
  asking = new Map();
}

async function fetchAhead(row) {
  const path = linkOf(row)?.getAttribute("hx-get");
  if (!path || kept.has(path) || asking.has(path) || navigator.connection?.saveData) return;
  const stop = new AbortController();
  asking.set(path, stop);
  const sign = signOf(row);
  try {
    const headers = { "HX-Request": "true", "HX-Target": "reader", Purpose: "prefetch", "X-By-Itself": "yes" };
    const answer = await fetch(path, { headers, signal: stop.signal, redirect: "error", cache: "no-store" });
    const text = answer.ok ? await answer.text() : "";
    if (text && !stop.signal.aborted) kept.set(path, { text, sign, at: Date.now() });
    if (kept.size > MOST) kept.delete(kept.keys().next().value);
  } catch {
    // Fetching ahead is a favour: what did not come is asked for when it is wanted.
  } finally {
    if (asking.get(path) === stop) asking.delete(path);
  }
}

function take(path, row) {
  const found = kept.get(path);
  kept.delete(path);
  if (!found || !row) return "";
  return found.sign === signOf(row) && Date.now() - found.at < LONGEST ? found.text : "";
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
  const text = take(requestConfig.path, elt.closest(".row"));
  if (!text) return;
  event.preventDefault();
  window.htmx.trigger(document.body, "htmx:beforeSwap", { target, requestConfig, xhr: { status: 200 } });
  history.pushState({ htmx: true }, "", requestConfig.path);
  window.htmx.swap(target, text, { swapStyle: "outerHTML", settleDelay: 0 }, { contextElement: elt, eventInfo: { target, elt } });
  window.htmx.trigger(document.body, "htmx:pushedIntoHistory", { path: requestConfig.path });
});

document.addEventListener("htmx:afterSettle", (event) => {
  const target = event.detail?.target?.id;
  if (target === "reader" || target === "newest" || target === "list") neighbours();
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
