// The text of the letter: a plain field, or Squire with what DOMPurify lets through.
// The server sanitises again at every save; this is for the eyes of the writer only.

import DOMPurify from "../../vendor/purify.mjs";
import Squire from "../../vendor/squire.mjs";
import { csrfToken } from "./posting.js";
import { tidied } from "./text/pasting.js";
import { attachPictures } from "./text/pictures.js";
import { attachToolbar } from "./toolbar.js";
import { blocksOf } from "./text/blocks.js";

const CLEAN = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: ["style", "form", "button", "select", "textarea", "iframe", "audio", "video", "dialog", "base"],
  FORBID_ATTR: ["name", "srcset", "background", "contenteditable", "tabindex", "autofocus"],
  RETURN_DOM_FRAGMENT: true,
};
const KEPT_OUT = { ...CLEAN, FORBID_TAGS: [...CLEAN.FORBID_TAGS, "input"], FORBID_ATTR: [...CLEAN.FORBID_ATTR, "id", "class"] };

/** Squire's own undo states have its marks in them; everything else comes in without any. */
const safe = (html, settings = KEPT_OUT) => document.importNode(DOMPurify.sanitize(html, settings), true);

const withoutLastBreaks = (text) => text.replace(/\u00a0/gu, " ").replace(/\n{3,}/gu, "\n\n").replace(/\s+$/u, "");

/** The page's policy lets no style attribute act; set through the object model it does. */
function showStyles(rich) {
  const show = (root) => {
    for (const element of root.querySelectorAll("[style]")) {
      if (!element.style.length) element.style.cssText = element.getAttribute("style");
    }
  };
  new MutationObserver(() => show(rich)).observe(rich, { subtree: true, childList: true, attributeFilter: ["style"] });
}

/** Make the text live. `files()` gives the file list, which is made later. */
export function attachEditor(form, files) {
  const find = (name) => form.querySelector(`[data-${name}]`);
  const [plain, rich, stored, toolbar, loss] = ["plain", "rich", "html", "toolbar", "format-lost"].map(find);
  let restoring = true; // Squire begins by putting nothing in
  const squire = new Squire(rich, {
    blockTag: "DIV",
    sanitizeToDOMFragment: (html) => (restoring ? safe(html) : pictures.lift(tidied(safe(html)))),
  });
  // What the last switch threw away, in case the writer switches straight back.
  let before = { text: "", html: "" };

  const isRich = () => form.dataset.format === "rich";
  const changed = () => form.dispatchEvent(new CustomEvent("compose:changed"));
  const richText = () => withoutLastBreaks(rich.innerText);
  const pictures = attachPictures(rich, squire, files, changed);
  restoring = false;

  function setHTML(html) {
    restoring = true;
    squire.setHTML(html);
    restoring = false;
  }

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

  function remember(name) {
    const body = new URLSearchParams({ plain: name === "plain" ? "1" : "0" });
    fetch(form.dataset.formatUrl, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() } }).catch(() => null);
  }

  function use(name) {
    if (name === form.dataset.format) return;
    loss.hidden = true;
    if (name === "rich") {
      setHTML(plain.value === before.text && before.html ? before.html : blocksOf(plain.value));
    } else {
      before = { text: richText(), html: squire.getHTML() };
      plain.value = before.text;
      loss.hidden = !rich.querySelector("b, i, u, s, a, ul, ol, table, blockquote, img, [style]");
    }
    form.dataset.format = name;
    remember(name);
    show();
    focus();
    changed();
  }

  const focus = () => (isRich() ? squire.focus() : plain.focus());

  /** The cursor stands above the quoted text. */
  function focusStart() {
    focus();
    if (isRich()) squire.moveCursorToStart();
    else plain.setSelectionRange(0, 0);
    find("scroll").scrollTop = 0;
  }

  /** Put a template or a signature in: safe markup where the letter has a format, else its text. */
  function insert({ html, text }) {
    focus();
    if (isRich()) squire.insertHTML(html || blocksOf(text));
    else plain.setRangeText(text, plain.selectionStart, plain.selectionEnd, "end");
    fit();
    changed();
  }

  squire.addEventListener("input", changed);
  plain.addEventListener("input", fit);
  loss.querySelector("button").addEventListener("click", () => use("rich"));
  showStyles(rich);
  if (isRich()) setHTML(stored.value || blocksOf(plain.value));
  attachToolbar(toolbar, squire, { use, isRich });
  toolbar.hidden = false;
  show();

  return {
    focusStart,
    insert,
    insertPictures: (list) => isRich() && pictures.insert(list),
    isRich,
    text: () => (isRich() ? richText() : plain.value),
    waiting: () => rich.querySelectorAll("img[data-picture]").length,
    read: () =>
      isRich() ? { text: "", html: squire.getHTML().replace(/<img\b[^>]*\bdata-picture=[^>]*>/giu, "") } : { text: plain.value, html: "" },
  };
}
