// What comes from Word, Excel, LINE, Google Docs and web pages, made simple: bold, lists, tables
// and links stay; fonts, classes, mso styles and empty wrappers go. Works on a fragment that
// DOMPurify has made safe; the server cleans again.

import { linkOf } from "./links.js";

const KEPT = {
  A: ["href"],
  IMG: ["src", "alt"],
  TD: ["colspan", "rowspan"],
  TH: ["colspan", "rowspan", "scope"],
  OL: ["start", "type"],
};
const WRAPPERS = "span, font, o\\:p, center, article, section, main, header, footer, nav, aside, label, small, big, tt";
const DROPPED = "col, colgroup, meta, link, title, picture, source";
const BLOCKS = "p, div, h1, h2, h3, h4, h5, h6, li, td, th";
const ALIGNED = new Set(["right", "center", "justify"]);
const NUMBERED = /^[([]?[\d๐-๙a-zก-ฮ]{1,3}[.)\]]/iu;

const styleOf = (element) => element.getAttribute("style") || "";

function unwrap(element) {
  element.replaceWith(...element.childNodes);
}

function wrapInside(element, tag) {
  const inner = document.createElement(tag);
  inner.append(...element.childNodes);
  element.append(inner);
}

/** Word writes a list as paragraphs that only look like one. */
function wordLists(root) {
  let levels = [];
  let last = null;
  for (const item of [...root.querySelectorAll("p, div, h1, h2, h3, h4, h5, h6")]) {
    const match = styleOf(item).match(/mso-list:\s*l\d+\s+level(\d+)/iu);
    if (!match) continue;
    const depth = Math.min(Number(match[1]), 6);
    const mark = [...item.querySelectorAll("span")].find((one) => /mso-list:\s*ignore/iu.test(styleOf(one)));
    const tag = NUMBERED.test((mark?.textContent ?? "").trim()) ? "ol" : "ul";
    mark?.remove();
    const goesOn = last && previousOf(item) === levels[0];
    if (!goesOn) levels = [];
    levels.length = Math.min(levels.length, depth);
    while (levels.length < depth) {
      const list = document.createElement(tag);
      const parent = levels.at(-1);
      if (parent) (parent.lastElementChild ?? parent.appendChild(document.createElement("li"))).append(list);
      else item.before(list);
      levels.push(list);
    }
    last = document.createElement("li");
    last.append(...item.childNodes);
    levels.at(-1).append(last);
    item.remove();
  }
}

function previousOf(node) {
  let before = node.previousSibling;
  while (before && before.nodeType !== Node.ELEMENT_NODE && !before.textContent.trim()) before = before.previousSibling;
  return before;
}

/** What a style says about the meaning of the words becomes an element. */
function meaning(element) {
  const style = styleOf(element);
  const weight = (style.match(/(?:^|[;\s])font-weight:\s*([\w.]+)/iu) || [])[1];
  const isHeavy = weight && (/^bold/iu.test(weight) || Number(weight) >= 600);
  if (element.matches("b, strong")) {
    if (weight && !isHeavy) unwrap(element); // Google Docs wraps everything in one of these
    return;
  }
  if (!element.matches("span, font")) return;
  if (isHeavy) wrapInside(element, "b");
  if (/font-style:\s*italic/iu.test(style)) wrapInside(element, "i");
  if (/text-decoration[\w-]*:[^;]*underline/iu.test(style) && !element.closest("a") && !element.querySelector("a")) wrapInside(element, "u");
  if (/text-decoration[\w-]*:[^;]*line-through/iu.test(style)) wrapInside(element, "s");
}

function alignment(element) {
  const said = (styleOf(element).match(/text-align:\s*(\w+)/iu) || [])[1] || element.getAttribute("align") || "";
  return element.matches(BLOCKS) && ALIGNED.has(said.toLowerCase()) ? said.toLowerCase() : "";
}

function bare(element) {
  const align = alignment(element);
  const kept = KEPT[element.tagName] ?? [];
  for (const { name } of [...element.attributes]) {
    if (!kept.includes(name)) element.removeAttribute(name);
  }
  if (align) element.setAttribute("style", `text-align: ${align}`);
}

function links(root) {
  for (const link of root.querySelectorAll("a")) {
    const url = linkOf(link.getAttribute("href") ?? "");
    if (url && link.textContent.trim() + (link.querySelector("img") ? "x" : "")) link.setAttribute("href", url);
    else unwrap(link);
  }
}

function tables(root) {
  for (const table of root.querySelectorAll("table")) {
    if (!table.textContent.trim() && !table.querySelector("img")) table.remove();
    // Excel draws its lines in a style sheet that stays behind.
    table.setAttribute("border", "1");
    table.setAttribute("cellpadding", "4");
    table.setAttribute("style", "border-collapse: collapse");
  }
}

const isBlank = (block) => !block.textContent.replace(/[\s\u00a0\u200b]/gu, "") && !block.querySelector("img, table, hr, li");

function emptiness(root) {
  for (const one of [...root.querySelectorAll("b, strong, i, em, u, s, ul, ol, blockquote")]) {
    if (!one.textContent && !one.querySelector("img, br")) one.remove();
  }
  for (const block of [...root.querySelectorAll("p, div")]) {
    const before = block.previousElementSibling;
    if (isBlank(block) && (!before || (before.matches("p, div") && isBlank(before)))) block.remove();
  }
  // Line ends between blocks are layout of the source, not of the letter.
  for (const node of [...root.childNodes]) {
    if (node.nodeType === Node.TEXT_NODE && !node.data.trim() && root.querySelector("p, div, table, ul, ol")) node.remove();
  }
}

/** Tidy a fragment in place and give it back. */
export function tidied(fragment) {
  fragment.querySelectorAll(DROPPED).forEach((one) => one.remove());
  wordLists(fragment);
  [...fragment.querySelectorAll("b, strong, span, font")].forEach(meaning);
  [...fragment.querySelectorAll("*")].forEach(bare);
  [...fragment.querySelectorAll(WRAPPERS)].forEach(unwrap);
  links(fragment);
  tables(fragment);
  emptiness(fragment);
  fragment.normalize();
  return fragment;
}
