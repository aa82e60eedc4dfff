// Files looked at in a dialog: arrows walk to the neighbours, Esc and Close go back to the letter.

const ARROWS = { ArrowLeft: "[data-look-previous]", ArrowRight: "[data-look-next]" };

document.addEventListener("htmx:load", (event) => {
  const dialog = event.detail.elt;
  if (!dialog.matches?.("dialog[data-look]")) return;
  for (const old of document.querySelectorAll("dialog[data-look]")) if (old !== dialog) old.close();
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (click) => {
    if (click.target === dialog) dialog.close(); // the dark round it
  });
  dialog.addEventListener("keydown", (press) => {
    press.stopPropagation(); // the list behind it has shortcuts of its own
    dialog.querySelector(ARROWS[press.code] ?? "never")?.click();
  });
  // No markup that is swapped in may hold a frame (shared/trusted-types.js); a PDF cannot be sandboxed.
  const place = dialog.querySelector("[data-look-frame]");
  if (place) {
    const frame = document.createElement("iframe");
    frame.src = place.dataset.lookFrame;
    frame.title = place.title;
    place.replaceWith(frame);
  }
  dialog.showModal();
});
