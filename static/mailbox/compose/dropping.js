// Files dropped anywhere on the page or pasted into the letter: pictures go into formatted text,
// everything else becomes an attachment.

import { isPicture } from "./text/pictures.js";

/** Give dropped and pasted files to the text or to the list of files. */
export function attachDropping(form, { editor, files }) {
  const sheet = form.querySelector("[data-drop]");
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  let depth = 0;

  const mark = (on) => sheet.classList.toggle("is-drop", on);

  function place(list, target) {
    const inText = editor.isRich() && target.closest?.("[data-rich]") && list.every(isPicture);
    if (inText) editor.insertPictures(list);
    else files.take(list);
  }

  function cursorTo(event) {
    const range = document.caretRangeFromPoint?.(event.clientX, event.clientY);
    if (range && event.target.closest?.("[data-rich]")) window.getSelection().setBaseAndExtent(range.startContainer, range.startOffset, range.startContainer, range.startOffset);
  }

  document.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    mark(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!hasFiles(event)) return;
    depth = Math.max(0, depth - 1);
    if (!depth) mark(false);
  });
  document.addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  document.addEventListener(
    "drop",
    (event) => {
      depth = 0;
      mark(false);
      if (!hasFiles(event) || !event.dataTransfer.files.length) return;
      event.preventDefault();
      event.stopPropagation();
      cursorTo(event);
      place([...event.dataTransfer.files], event.target);
    },
    { capture: true },
  );
  sheet.addEventListener(
    "paste",
    (event) => {
      const list = [...event.clipboardData.files];
      const { types } = event.clipboardData;
      // A copied table brings a picture of itself along with its text: the text is meant. A picture
      // copied from a page brings markup that only names it: the picture is meant.
      const hasText = types.includes("text/plain") || types.includes("text/rtf");
      if (!list.length || hasText) return;
      event.preventDefault();
      event.stopPropagation();
      place(list, event.target);
    },
    { capture: true },
  );
}
