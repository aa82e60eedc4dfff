// Attachments: one upload at a time, with its share, a way to stop it, and when it fails the
// reason and the way out. Files come from the chooser, by dropping, or from the clipboard.

import { HEADERS } from "./posting.js";
import { Row, sizeText } from "./files/rows.js";
import { Transfer } from "./files/transport.js";

/** Make the file list live. Returns {take, pending, count, size, failed}. */
export function attachFiles(form) {
  const words = form.querySelector("[data-words]").dataset;
  const list = form.querySelector("[data-uploads]");
  const chooser = form.querySelector("[data-file-input]");
  const limit = Number(form.dataset.fileLimit);
  const uploads = new Map(); // row element → upload
  let going = null;
  let pictures = Number(form.dataset.pictureBytes || 0);

  const rows = () => [...list.querySelectorAll("[data-file]")];
  const kept = () => pictures + rows().reduce((sum, row) => sum + Number(row.dataset.size || 0), 0);
  const pending = () => [...uploads.values()].filter((one) => one.state !== "failed");
  const planned = () => pending().reduce((sum, one) => sum + one.file.size, 0);
  const changed = () => form.dispatchEvent(new CustomEvent("compose:files"));

  function fail(upload, reason, { again } = {}) {
    upload.state = "failed";
    upload.row.fail(reason, { again });
    upload.done?.(null);
    changed();
  }

  async function next() {
    const upload = pending().find((one) => one.state === "waiting");
    if (going || !upload) return changed();
    going = upload;
    upload.state = "going";
    changed();
    upload.transfer = new Transfer(upload.file, {
      beginUrl: form.dataset.uploadsUrl,
      picture: upload.picture,
      onProgress: (sent) => upload.row.progress(sent, upload.file.size),
      onWaiting: () => upload.row.say(words.lineLost),
    });
    const { file, reason, data } = await upload.transfer.start(upload.known);
    going = null;
    if (file) arrived(upload, file);
    else if (reason !== "stopped") {
      const isOver = reason === "refused" && upload.known;
      if (isOver) Object.assign(upload, { state: "waiting", known: "" }); // swept meanwhile: from the start
      else fail(upload, data.message || words[reason] || words.failed, { again: reason !== "refused" });
    }
    next();
  }

  function arrived(upload, file) {
    uploads.delete(upload.row.element);
    if (upload.picture) {
      pictures += file.size;
      upload.row.remove();
      upload.done(file);
    } else upload.row.finish(file);
    changed();
  }

  /** The row of a file that stopped half-way in an earlier visit, if this is the same one. */
  function unfinished(file) {
    return [...list.querySelectorAll("[data-unfinished]")].find(
      (row) => row.dataset.name === file.name && Number(row.dataset.whole) === file.size,
    );
  }

  function take(files, { picture = false, done } = {}) {
    for (const file of files) {
      const old = picture ? null : unfinished(file);
      const known = old?.dataset.unfinished ?? "";
      old?.remove();
      const upload = { file, picture, done, known, state: "waiting", row: new Row(form, list, file) };
      // Said before a byte is sent: the server would refuse it after the last one.
      if (kept() + planned() + file.size > limit) fail(upload, words.tooLarge);
      uploads.set(upload.row.element, upload);
    }
    next();
  }

  async function remove(button) {
    const item = button.closest("li");
    const upload = uploads.get(item);
    if (upload) {
      uploads.delete(item);
      upload.transfer?.stop();
      if (upload.state !== "failed") upload.done?.(null);
    }
    const { removeUrl } = button.dataset;
    if (removeUrl) {
      const answer = await fetch(removeUrl, { method: "POST", headers: HEADERS() }).catch(() => null);
      if (!answer?.ok) return item.querySelector(".upload__state").replaceChildren(words.failed);
    }
    const place = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    (place?.querySelector("[data-stop]") ?? form.querySelector("[data-attach]")).focus();
    changed();
  }

  function again(item) {
    const upload = uploads.get(item);
    upload.state = "waiting";
    upload.known = upload.transfer?.url || "";
    upload.row.wait();
    next();
  }

  chooser.classList.add("hidden-text");
  form.querySelector("[data-attach]").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", (event) => {
    event.stopPropagation();
    take([...chooser.files]);
    chooser.value = "";
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    event.preventDefault();
    if (button.hasAttribute("data-again")) again(button.closest("li"));
    else if (button.hasAttribute("data-choose-again")) chooser.click();
    else if (button.hasAttribute("data-stop")) remove(button);
  });
  return {
    take,
    pending: () => pending().length,
    count: () => rows().length,
    failed: () => [...uploads.values()].some((one) => one.state === "failed"),
    size: kept,
    sizeText,
  };
}
