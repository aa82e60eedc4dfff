// The text of the letter: a plain field, or Squire with what DOMPurify lets through.
// The server sanitises again at every save; this is for the eyes of the writer only.

import DOMPurify from "../../vendor/purify.mjs";
import Squire from "../../vendor/squire.mjs";
import { attachToolbar } from "./toolbar.js";

const CLEAN = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: ["style", "form", "input", "button", "select", "textarea", "iframe", "audio", "video", "dialog", "base"],
  FORBID_ATTR: ["id", "name", "class", "srcset", "background", "contenteditable", "tabindex", "autofocus"],
  RETURN_DOM_FRAGMENT: true,
};

function clean(html) {
  return document.importNode(DOMPurify.sanitize(html, CLEAN), true);
}

/** Lines of plain text as the blocks the editor works with. */
function blocksOf(text) {
  const holder = document.createElement("div");
  for (const line of text.split("\n")) {
    const block = document.createElement("div");
    block.append(line || document.createElement("br"));
    holder.append(block);
  }
  return holder.innerHTML;
}

function withoutLastBreaks(text) {
  return text.replace(/\u00a0/gu, " ").replace(/\n{3,}/gu, "\n\n").replace(/\s+$/u, "");
}

/** Make the text live. Returns {read, text, focusStart}. */
export function attachEditor(form) {
  const plain = form.querySelector("[data-plain]");
  const rich = form.querySelector("[data-rich]");
  const stored = form.querySelector("[data-html]");
  const toolbar = form.querySelector("[data-toolbar]");
  const squire = new Squire(rich, { sanitizeToDOMFragment: clean, blockTag: "DIV" });
  // What the last switch threw away, in case the writer switches straight back.
  let before = { text: "", html: "" };

  const isRich = () => form.dataset.format === "rich";
  const changed = () => form.dispatchEvent(new CustomEvent("compose:changed"));
  const richText = () => withoutLastBreaks(rich.innerText);

  function fit() {
    plain.style.height = "auto";
    plain.style.height = `${plain.scrollHeight + 2}px`;
  }

  function show() {
    plain.hidden = isRich();
    rich.hidden = !isRich();
    toolbar.dataset.format = form.dataset.format;
    for (const button of toolbar.querySelectorAll("[data-use-format]")) {
      button.setAttribute("aria-pressed", String(button.dataset.useFormat === form.dataset.format));
    }
    for (const part of toolbar.querySelectorAll("[data-rich-only]")) part.hidden = !isRich();
    if (!isRich()) fit();
  }

  function use(name) {
    if (name === form.dataset.format) return;
    if (name === "rich") {
      squire.setHTML(plain.value === before.text && before.html ? before.html : blocksOf(plain.value));
    } else {
      before = { text: richText(), html: squire.getHTML() };
      plain.value = before.text;
    }
    form.dataset.format = name;
    show();
    focus();
    changed();
  }

  function focus() {
    if (isRich()) squire.focus();
    else plain.focus();
  }

  /** The cursor stands above the quoted text. */
  function focusStart() {
    focus();
    if (isRich()) squire.moveCursorToStart();
    else plain.setSelectionRange(0, 0);
    form.querySelector("[data-scroll]").scrollTop = 0;
  }

  squire.addEventListener("input", changed);
  plain.addEventListener("input", fit);
  if (isRich()) squire.setHTML(stored.value);
  attachToolbar(toolbar, squire, { use, isRich });
  toolbar.hidden = false;
  show();

  return {
    focusStart,
    text: () => (isRich() ? richText() : plain.value),
    read: () =>
      isRich()
        ? { text: "", html: squire.getHTML() }
        : { text: plain.value, html: "" },
  };
}
