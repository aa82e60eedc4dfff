// Choosing rows: the bar above the list, what stays chosen when the list is renewed,
// and what leaves the list at once when something is done.

import { press } from "../../shared/keyboard.js";
import { leave, rowOf, rows } from "./list.js";

const leaves = () => (document.getElementById("list")?.dataset.leaves ?? "").split(" ");
let chosen = new Set();

function show() {
  const list = document.getElementById("list");
  if (!list) return;
  // What a renewed list does not hold any more is not chosen either.
  chosen = new Set(rows().map((row) => row.dataset.thread).filter((thread) => chosen.has(thread)));
  for (const row of rows()) {
    const box = row.querySelector("input[name=thread]");
    box.checked = chosen.has(row.dataset.thread);
    row.classList.toggle("is-checked", box.checked);
  }
  list.classList.toggle("is-choosing", chosen.size > 0);
  const count = list.querySelector("[data-count]");
  if (count) count.textContent = count.dataset.count.replace("#", chosen.size);
  document.dispatchEvent(new CustomEvent("portal:chosen", { detail: chosen.size }));
}

export const isChosen = (thread) => chosen.has(thread);

/** Do a verb that may have no button to the chosen rows. */
export function send(verb) {
  const form = document.querySelector("[data-choosing]");
  const button = Object.assign(document.createElement("button"), { name: "verb", value: verb, hidden: true });
  form.append(button);
  // A click, not a submit: htmx takes the verb from the button that was clicked.
  button.click();
  button.remove();
}

export function toggle(thread) {
  if (!thread) return;
  if (!chosen.delete(thread)) chosen.add(thread);
  show();
}

export function unchoose() {
  const had = chosen.size > 0;
  chosen = new Set();
  show();
  return had;
}

/** Choose the rows that are all | none | read | unread | starred | unstarred. */
export function choose(which) {
  const fits = {
    all: () => true,
    none: () => false,
    read: (row) => !row.matches(".row--unread"),
    unread: (row) => row.matches(".row--unread"),
    starred: (row) => row.querySelector(".row__mark .star-on") !== null,
    unstarred: (row) => row.querySelector(".row__mark .star-on") === null,
  }[which];
  chosen = new Set(rows().filter(fits).map((row) => row.dataset.thread));
  show();
  return true;
}

/** Press a verb of the bar for the chosen rows; tell whether any is chosen. */
export function act(verb) {
  if (chosen.size === 0) return false;
  const bar = document.querySelector(".bulk");
  const button = bar?.querySelector(`button[value="${verb}"]`);
  if (button && !button.closest("details")) button.click();
  else if (!press(verb, bar)) button?.click();
  return true;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("#rows input[name=thread]")) toggle(event.target.value);
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-unchoose]")) unchoose();
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("[data-choosing], [data-acting]");
  // A row that is opened lies within the form, too.
  if (!form || !event.detail.successful || event.detail.requestConfig.verb !== "post") return;
  const sent = event.detail.requestConfig.formData;
  const verb = String(sent.get("verb")).split(":")[0];
  const threads = sent.getAll("thread");
  if (form.matches("[data-choosing]")) unchoose();
  if (sent.has("all")) return;
  const isLeaving = leaves().includes(verb);
  const all = rows();
  const first = all.findIndex((row) => threads.includes(row.dataset.thread));
  const stays = all.slice(first).find((row) => !isLeaving || !threads.includes(row.dataset.thread)) ?? all.slice(0, Math.max(first, 0)).at(-1);
  if (isLeaving) {
    for (const thread of threads) {
      leave(thread);
      rowOf(thread)?.remove();
    }
  }
  // The place in the list is kept: the focus goes to the row that has come up.
  if (form.matches("[data-choosing]")) stays?.querySelector(".row__link").focus({ preventScroll: true });
});
document.addEventListener("htmx:afterSwap", show);
