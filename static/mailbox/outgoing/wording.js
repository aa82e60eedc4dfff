// Signatures and ready-made letters: the plain field becomes a small editor. The server
// makes the markup safe again when it is saved; without this script the text is plain.

import DOMPurify from "../../vendor/purify.mjs";
import Squire from "../../vendor/squire.mjs";
import { blocksOf } from "../compose/text/blocks.js";

const CLEAN = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: ["style", "form", "button", "input", "select", "textarea", "iframe", "img", "audio", "video", "dialog", "base"],
  FORBID_ATTR: ["name", "id", "class", "srcset", "contenteditable", "tabindex", "autofocus"],
  RETURN_DOM_FRAGMENT: true,
};
const STYLES = { bold: "B", italic: "I", underline: "U" };

const safe = (html) => document.importNode(DOMPurify.sanitize(html, CLEAN), true);

function furnish(form) {
  const plain = form.querySelector("textarea[name=text]");
  const stored = form.querySelector("[data-wording-html]");
  const tools = form.querySelector("[data-wording-tools]");
  const rich = document.createElement("div");
  rich.className = plain.className;
  rich.setAttribute("role", "textbox");
  rich.setAttribute("aria-multiline", "true");
  rich.setAttribute("aria-label", form.querySelector(`label[for="${plain.id}"]`).textContent);
  plain.after(rich);
  plain.hidden = true;
  tools.hidden = false;
  const squire = new Squire(rich, { blockTag: "DIV", sanitizeToDOMFragment: safe });
  squire.setHTML(stored.value || blocksOf(plain.value));

  // What has no form of its own stays plain text.
  const isPlain = () => !rich.querySelector("b, i, u, a, ul, ol, table, blockquote, [style]");

  tools.addEventListener("click", (event) => {
    const name = event.target.closest("[data-do]")?.dataset.do;
    if (!name) return;
    if (squire.hasFormat(STYLES[name])) squire[`remove${name[0].toUpperCase()}${name.slice(1)}`]();
    else squire[name]();
    squire.focus();
  });
  squire.addEventListener("pathChange", () => {
    for (const button of tools.querySelectorAll("[data-do]")) {
      button.setAttribute("aria-pressed", String(squire.hasFormat(STYLES[button.dataset.do])));
    }
  });
  form.addEventListener("submit", () => {
    plain.value = rich.innerText.replace(/\u00a0/gu, " ").trimEnd();
    stored.value = isPlain() ? "" : squire.getHTML();
  });
}

// Made when it is first seen: a page may have a hundred of them, all closed.
for (const form of document.querySelectorAll("[data-wording]")) {
  const holder = form.closest("details");
  let isFurnished = false;
  const look = () => {
    if (isFurnished || (holder && !holder.open)) return;
    isFurnished = true;
    furnish(form);
  };
  holder?.addEventListener("toggle", look);
  look();
}
