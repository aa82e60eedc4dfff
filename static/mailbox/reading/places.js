// Places are kept: how far a list is scrolled when its page is opened again, and how far a
// conversation was read when it is opened again. Numbers only, and only in this tab.

const PLACE = `place:${location.pathname}${location.search}`;
const read = new Map();

const rowsOf = () => document.getElementById("rows");
const lettersOf = () => document.getElementById("letters");
const threadOf = () => document.getElementById("reader")?.dataset.thread;

window.addEventListener("pagehide", () => {
  const rows = rowsOf();
  if (rows) sessionStorage.setItem(PLACE, String(Math.round(rows.scrollTop)));
});

const kept = Number(sessionStorage.getItem(PLACE));
if (kept && rowsOf()) rowsOf().scrollTop = kept;

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "reader" && threadOf()) read.set(threadOf(), lettersOf()?.scrollTop ?? 0);
});
document.addEventListener("htmx:afterSwap", () => {
  const letters = lettersOf();
  if (letters && letters.scrollTop === 0 && read.get(threadOf())) letters.scrollTop = read.get(threadOf());
});
