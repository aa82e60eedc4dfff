// Rows dragged to a place of the rail: a folder, a label, the star, the bin. All chosen rows
// go along. Whoever does not drag has the menus (V, L) for the same (WCAG 2.5.7).

import { isChosen, send, toggle, unchoose } from "./choosing.js";

let dragged = null;

function picture(text) {
  const tag = document.createElement("div");
  tag.className = "drag-image";
  tag.textContent = text;
  document.body.append(tag);
  setTimeout(() => tag.remove());
  return tag;
}

document.addEventListener("dragstart", (event) => {
  const row = event.target.closest?.("#rows .row");
  if (!row) return;
  dragged = row.dataset.thread;
  if (!isChosen(dragged)) {
    unchoose();
    toggle(dragged);
  }
  // Nothing of the mail goes into what other programs could be given.
  event.dataTransfer.setData("application/x-portal-rows", "");
  event.dataTransfer.effectAllowed = "move";
  const count = document.querySelector("#list [data-count]")?.textContent ?? "";
  event.dataTransfer.setDragImage(picture(count), -12, -12);
  document.body.classList.add("is-dragging");
});

const placeOf = (event) => (dragged ? event.target.closest?.("[data-drop]") : null);

function mark(place) {
  for (const one of document.querySelectorAll("#folders .is-drop")) one.classList.toggle("is-drop", one === place);
  place?.classList.add("is-drop");
}

document.addEventListener("dragover", (event) => {
  const place = placeOf(event);
  mark(place);
  if (!place) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
});
document.addEventListener("drop", (event) => {
  const place = placeOf(event);
  if (!place) return;
  event.preventDefault();
  send(place.dataset.drop);
});
document.addEventListener("dragend", () => {
  // Given up: nothing stays chosen that was not before.
  if (dragged && document.querySelectorAll("#rows .row.is-checked").length === 1) unchoose();
  dragged = null;
  mark(null);
  document.body.classList.remove("is-dragging");
});
