// Files dropped on the letter or pasted into it become attachments.

/** Give dropped and pasted files to `take`. */
export function attachDropping(form, take) {
  const sheet = form.querySelector("[data-drop]");
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  let depth = 0;

  const mark = (on) => sheet.classList.toggle("is-drop", on);
  sheet.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    mark(true);
  });
  sheet.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) mark(false);
  });
  sheet.addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  sheet.addEventListener("drop", (event) => {
    depth = 0;
    mark(false);
    if (!hasFiles(event)) return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
  sheet.addEventListener(
    "paste",
    (event) => {
      const files = [...event.clipboardData.files];
      // A copied table of a spreadsheet brings a picture along with its text: the text is meant.
      const hasText = [...event.clipboardData.types].some((type) => type.startsWith("text/"));
      if (!files.length || hasText) return;
      event.preventDefault();
      event.stopPropagation();
      take(files);
    },
    { capture: true },
  );
}
