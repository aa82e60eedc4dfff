// Attachments: one upload at a time, with its share, a way to stop it, and the reason when it fails.
// Files come from the chooser, by dropping them on the letter, or from the clipboard.

import { HEADERS, meaning } from "./posting.js";

/** Make the file list live. Returns {take, pending, count}. */
export function attachFiles(form) {
  const words = form.querySelector("[data-words]").dataset;
  const list = form.querySelector("[data-uploads]");
  const template = form.querySelector("template[data-upload]");
  const chooser = form.querySelector("[data-file-input]");
  const limit = Number(form.dataset.fileLimit);
  const waiting = [];
  let going = null;

  const rows = () => [...list.querySelectorAll("[data-file]")];
  const kept = () => rows().reduce((sum, row) => sum + Number(row.dataset.size || 0), 0);
  const pending = () => [...waiting, ...(going ? [going] : [])];
  const planned = () => pending().reduce((sum, one) => sum + one.file.size, 0);
  const changed = () => form.dispatchEvent(new CustomEvent("compose:files"));

  function sizeText(bytes) {
    const units = [[1024 ** 2, "MB", 1], [1024, "KB", 0]];
    const [unit, name, digits] = units.find(([least]) => bytes >= least) ?? [1, "B", 0];
    return `${(bytes / unit).toFixed(digits)} ${name}`;
  }

  function row(file) {
    const item = template.content.firstElementChild.cloneNode(true);
    item.querySelector(".upload__name").textContent = file.name;
    item.querySelector(".upload__state").textContent = words.waiting;
    item.querySelector("[data-stop]").setAttribute("aria-label", `${words.stopFile} ${file.name}`);
    list.append(item);
    return item;
  }

  function fail(upload, reason) {
    const { item } = upload;
    item.classList.add("upload--failed");
    item.querySelector(".meter").remove();
    item.querySelector(".upload__state").textContent = `${words.notAttached} · ${sizeText(upload.file.size)}`;
    item.querySelector(".upload__fix").textContent = reason;
    item.querySelector(".upload__fix").hidden = false;
    changed();
  }

  function progress(item, sent, total) {
    const share = total ? Math.round((sent / total) * 100) : 0;
    item.querySelector(".upload__state").textContent = `${share}% · ${sizeText(sent)} / ${sizeText(total)}`;
    const meter = item.querySelector(".meter");
    meter.setAttribute("aria-valuenow", String(share));
    meter.firstElementChild.style.setProperty("--share", `${share}%`);
  }

  function next() {
    if (going || !waiting.length) return changed();
    going = waiting.shift();
    const upload = going;
    const request = new XMLHttpRequest();
    const data = new FormData();
    data.append("file", upload.file, upload.file.name);
    upload.request = request;
    const done = (reason) => {
      going = null;
      if (reason) fail(upload, reason);
      next();
    };
    request.open("POST", form.dataset.filesUrl);
    for (const [name, value] of Object.entries(HEADERS())) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => progress(upload.item, event.loaded, event.total));
    request.addEventListener("load", () => {
      const type = request.getResponseHeader("Content-Type");
      const answer = meaning(request.status, type, request.responseText);
      if (answer.state !== "ok") return done(answer.data.message || words[answer.state] || words.failed);
      finish(upload.item, answer.data);
      done();
    });
    request.addEventListener("error", () => done(words.failed));
    request.addEventListener("abort", () => {
      upload.item.remove();
      done();
    });
    request.send(data);
    changed();
  }

  function finish(item, file) {
    item.dataset.file = file.id;
    item.dataset.size = file.size;
    item.querySelector(".meter").remove();
    item.querySelector(".upload__name").textContent = file.name;
    const state = item.querySelector(".upload__state");
    state.textContent = `${words.attached} · ${file.size_text}`;
    state.classList.add("is-ok");
    const stop = item.querySelector("[data-stop]");
    stop.dataset.removeUrl = file.remove_url;
    stop.setAttribute("aria-label", `${words.remove} ${file.name}`);
  }

  function take(files) {
    for (const file of files) {
      const upload = { file, item: row(file) };
      // Said before a byte is sent: the server would refuse it after the last one.
      if (kept() + planned() + file.size > limit) fail(upload, words.tooLarge);
      else waiting.push(upload);
    }
    next();
  }

  async function remove(button) {
    const item = button.closest("li");
    const upload = pending().find((one) => one.item === item);
    if (upload?.request) return upload.request.abort();
    if (upload) waiting.splice(waiting.indexOf(upload), 1);
    if (button.dataset.removeUrl) {
      const answer = await fetch(button.dataset.removeUrl, { method: "POST", headers: HEADERS() }).catch(() => null);
      if (!answer?.ok) return item.querySelector(".upload__state").replaceChildren(words.failed);
    }
    item.remove();
    changed();
  }

  chooser.classList.add("hidden-text");
  form.querySelector("[data-attach]").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", (event) => {
    event.stopPropagation();
    take([...chooser.files]);
    chooser.value = "";
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-stop]");
    if (!button) return;
    event.preventDefault();
    remove(button);
  });
  return { take, pending: () => pending().length, count: () => rows().filter((one) => one.dataset.file).length };
}
