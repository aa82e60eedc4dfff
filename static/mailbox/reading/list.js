// The list beside the letter: which row is open, older pages before the end is reached,
// to the next letter, back to the list; and the place in the list when it is renewed.

const panes = document.getElementById("panes");
const SOON_AT_THE_END = 10; // rows

export const rows = () => [...document.querySelectorAll("#rows .row")];
export const openThread = () => document.getElementById("reader")?.dataset.thread;
export const rowOf = (thread) => document.querySelector(`#rows .row[data-thread="${thread}"]`);

const isSeen = (one) => Boolean(one) && one.getClientRects().length > 0;
/** Whether the list is there without a letter: on the phone, or with letters on pages of their own. */
export const isListAlone = () => isSeen(document.getElementById("list")) && !isSeen(document.getElementById("reader"));

/** Move the focus by rows; tell whether there is one. */
export function focusRow(by) {
  const all = rows();
  const here = all.indexOf(document.activeElement?.closest?.(".row"));
  const next = all[here === -1 ? 0 : here + by];
  next?.scrollIntoView({ block: "nearest" });
  next?.querySelector(".row__link").focus({ preventScroll: true });
  return Boolean(next);
}

let openAt = 0;

function mark(thread = openThread()) {
  for (const [index, row] of rows().entries()) {
    const isOpen = row.dataset.thread === thread;
    if (isOpen) openAt = index;
    row.classList.toggle("is-selected", isOpen);
    const link = row.querySelector(".row__link");
    if (isOpen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

/** Open the letter `by` rows further down (negative: up); tell whether there is one. */
export function step(by) {
  const all = rows();
  const here = all.findIndex((row) => row.dataset.thread === openThread());
  const next = all[here === -1 ? (by > 0 ? 0 : -1) : here + by];
  if (!next) return false;
  next.scrollIntoView({ block: "nearest" });
  next.querySelector(".row__link").click();
  return true;
}

/** Back to the list, which is still there, at its place. */
export function back() {
  const list = document.getElementById("list");
  const thread = openThread();
  if (!panes?.classList.contains("panes--reading") || !list?.dataset.here) return false;
  panes.classList.remove("panes--reading");
  history.pushState({ htmx: true }, "", list.dataset.here);
  rowOf(thread)?.querySelector(".row__link").focus();
  return true;
}

/** Empty the reader when its conversation has left, or go on with the next one. */
export function leave(thread) {
  if (openThread() !== thread) return;
  const rest = rows().filter((row) => row.dataset.thread !== thread);
  const isBack = Number(document.body.dataset.goOn ?? 1) < 0;
  delete document.body.dataset.goOn;
  // Where it stood: a list that has been renewed meanwhile does not hold it any more.
  const at = Math.min(Math.max(openAt, 0), rest.length);
  const next = isBack ? (rest[at - 1] ?? rest[at]) : (rest[at] ?? rest[at - 1]);
  rowOf(thread)?.remove();
  if (next && isSeen(document.getElementById("list"))) next.querySelector(".row__link").click();
  else if (!back()) location.assign(document.getElementById("list")?.dataset.here ?? "/");
}

const nearTheEnd = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    nearTheEnd.disconnect();
    window.htmx.trigger("#older", "portal:older");
  }
});

function watchTheEnd() {
  nearTheEnd.disconnect();
  const all = rows();
  const sentinel = all[Math.max(0, all.length - SOON_AT_THE_END)];
  if (sentinel && document.getElementById("older")) nearTheEnd.observe(sentinel);
}

// A list that is renewed keeps the focus on the row that had it.
let held = "";
document.addEventListener("htmx:beforeSwap", () => {
  held = document.activeElement?.closest?.("#rows .row")?.dataset.thread ?? "";
});

// The row answers at once; the letter follows.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target.id === "reader") mark(event.detail.elt.closest(".row")?.dataset.thread);
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "reader" || event.detail.elt?.id === "reader") {
    panes?.classList.add("panes--reading");
    document.getElementById("letters")?.focus({ preventScroll: true });
  }
  if (held && document.activeElement === document.body) rowOf(held)?.querySelector(".row__link").focus({ preventScroll: true });
  mark();
  watchTheEnd();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  if (button) step(Number(button.dataset.step));
  const link = event.target.closest("[data-back], .header__back");
  if (link && !event.ctrlKey && !event.metaKey && back()) event.preventDefault();
});

// The frame has no scripts, so clicks of the mouse in it do not reach us; nothing else is needed.
mark();
watchTheEnd();
