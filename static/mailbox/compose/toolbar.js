// The buttons over the text: each knows its command and shows whether it is on.
// One stop of the Tab key, arrows walk inside (ARIA toolbar pattern); keys by their place.

import { attachLinks } from "./text/links.js";

const TOGGLES = {
  bold: ["B", "bold", "removeBold"],
  italic: ["I", "italic", "removeItalic"],
  underline: ["U", "underline", "removeUnderline"],
  strike: ["S", "strikethrough", "removeStrikethrough"],
  bullets: ["UL", "makeUnorderedList", "removeList"],
  numbers: ["OL", "makeOrderedList", "removeList"],
  quote: ["BLOCKQUOTE", "increaseQuoteLevel", "decreaseQuoteLevel"],
};
const KEYS = { KeyB: "bold", KeyI: "italic", KeyU: "underline", KeyK: "link", KeyZ: "undo", KeyY: "redo" };
const MORE_KEYS = { BracketRight: "indent", BracketLeft: "outdent", Backslash: "clear" };
const SHIFTED = { Digit7: "numbers", Digit8: "bullets", Digit9: "quote", KeyX: "strike", KeyZ: "redo" };

/** Wire the buttons to the editor; `use(format)` switches plain and rich. */
export function attachToolbar(toolbar, squire, { use, isRich }) {
  const links = attachLinks(toolbar, squire);
  const stops = () => [...toolbar.querySelectorAll("button")].filter((one) => one.offsetParent && !one.closest("[data-panel], [data-link-panel]"));
  const panels = () => [...toolbar.querySelectorAll("[data-panel]")];

  function refresh() {
    for (const [name, [tag]] of Object.entries(TOGGLES)) {
      toolbar.querySelector(`[data-command="${name}"]`).setAttribute("aria-pressed", String(squire.hasFormat(tag)));
    }
    toolbar.querySelector('[data-command="link"]').setAttribute("aria-pressed", String(squire.hasFormat("A")));
    const { color } = squire.getFontInfo();
    toolbar.querySelector("[data-colour-now]").style.color = color || "";
  }

  function closePanels(except) {
    for (const panel of panels()) {
      if (panel === except) continue;
      panel.hidden = true;
      toolbar.querySelector(`[data-opens="${panel.dataset.panel}"]`).setAttribute("aria-expanded", "false");
    }
  }

  function openPanel(button) {
    const panel = toolbar.querySelector(`[data-panel="${button.dataset.opens}"]`);
    const opening = panel.hidden;
    closePanels(panel);
    panel.hidden = !opening;
    button.setAttribute("aria-expanded", String(opening));
    if (opening) panel.querySelector("button").focus();
    else squire.focus();
  }

  const OTHERS = {
    link: () => links.open(),
    undo: () => squire.undo(),
    redo: () => squire.redo(),
    indent: () => (squire.hasFormat("LI") ? squire.increaseListLevel() : squire.increaseQuoteLevel()),
    outdent: () => (squire.hasFormat("LI") ? squire.decreaseListLevel() : squire.decreaseQuoteLevel()),
    clear: () => squire.removeAllFormatting(),
  };

  function run(name) {
    closePanels();
    if (OTHERS[name]) OTHERS[name]();
    else {
      const [tag, on, off] = TOGGLES[name];
      if (squire.hasFormat(tag)) squire[off]();
      else squire[on]();
    }
    if (name !== "link") squire.focus();
    refresh();
  }

  function choose({ colour, size }) {
    closePanels();
    squire.focus();
    if (colour !== undefined) squire.setTextColor(colour || null);
    else squire.setFontSize(size || null);
    refresh();
  }

  toolbar.addEventListener("mousedown", (event) => {
    if (event.target.closest("[data-command], [data-opens], [data-panel]")) event.preventDefault(); // the text keeps its selection
  });
  toolbar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { useFormat, command, opens, colour, size } = button.dataset;
    if (useFormat) use(useFormat);
    else if (command) run(command);
    else if (opens) openPanel(button);
    else if (colour !== undefined || size !== undefined) choose({ colour, size });
  });

  function walk(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.code];
    const panel = event.target.closest("[data-panel]");
    if (event.code === "Escape" && panel) {
      closePanels();
      squire.focus();
    } else if (step && !event.target.matches("input, select")) {
      const row = panel ? [...panel.querySelectorAll("button")] : stops();
      const next = row[(row.indexOf(event.target) + step + row.length) % row.length];
      if (!panel) row.forEach((one) => (one.tabIndex = one === next ? 0 : -1));
      next.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function onKey(event) {
    if (!isRich() || event.isComposing || event.altKey || !(event.ctrlKey || event.metaKey)) return;
    if (!event.target.closest("[data-rich]")) return;
    const name = event.shiftKey ? SHIFTED[event.code] : KEYS[event.code] ?? MORE_KEYS[event.code];
    if (!name) return;
    event.preventDefault();
    event.stopPropagation();
    run(name);
  }

  toolbar.addEventListener("keydown", walk);
  toolbar.closest("form").addEventListener("keydown", onKey, { capture: true });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-panel], [data-opens]")) closePanels();
  });
  toolbar.addEventListener("focusin", (event) => {
    if (stops().includes(event.target)) stops().forEach((one) => (one.tabIndex = one === event.target ? 0 : -1));
  });
  stops().forEach((one, at) => (one.tabIndex = at ? -1 : 0));
  squire.addEventListener("pathChange", refresh);
  squire.addEventListener("select", refresh);
}
