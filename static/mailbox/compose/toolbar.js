// The buttons over the text: each knows its command and shows whether it is on.

const TOGGLES = {
  bold: ["B", "bold", "removeBold"],
  italic: ["I", "italic", "removeItalic"],
  underline: ["U", "underline", "removeUnderline"],
  bullets: ["UL", "makeUnorderedList", "removeList"],
  numbers: ["OL", "makeOrderedList", "removeList"],
  quote: ["BLOCKQUOTE", "increaseQuoteLevel", "decreaseQuoteLevel"],
};

/** Wire the buttons to the editor; `use(format)` switches plain and rich. */
export function attachToolbar(toolbar, squire, { use, isRich }) {
  const buttons = () => [...toolbar.querySelectorAll("button:not([hidden])")].filter((one) => one.offsetParent);
  const panel = toolbar.querySelector("[data-link-panel]");
  const address = panel.querySelector("input");

  function refresh() {
    for (const [name, [tag]] of Object.entries(TOGGLES)) {
      const on = squire.hasFormat(tag);
      toolbar.querySelector(`[data-command="${name}"]`).setAttribute("aria-pressed", String(on));
    }
    const onLink = squire.hasFormat("A");
    toolbar.querySelector('[data-command="link"]').setAttribute("aria-pressed", String(onLink));
  }

  function openLink() {
    panel.hidden = false;
    address.value = "https://";
    address.focus();
    address.select();
  }

  function closeLink(make) {
    const url = address.value.trim();
    panel.hidden = true;
    squire.focus();
    if (make && /^(https?:\/\/|mailto:)\S+\.\S+/iu.test(url)) squire.makeLink(url);
  }

  function run(name) {
    if (name === "link") {
      if (squire.hasFormat("A")) squire.removeLink();
      else return openLink();
    } else {
      const [tag, on, off] = TOGGLES[name];
      if (squire.hasFormat(tag)) squire[off]();
      else squire[on]();
    }
    squire.focus();
    refresh();
  }

  toolbar.addEventListener("mousedown", (event) => {
    if (event.target.closest("[data-command]")) event.preventDefault(); // the text keeps its selection
  });
  toolbar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.useFormat) use(button.dataset.useFormat);
    else if (button.dataset.command) run(button.dataset.command);
    else if (button.dataset.link) closeLink(button.dataset.link === "make");
  });
  panel.addEventListener("keydown", (event) => {
    if (event.code === "Enter") closeLink(true);
    else if (event.code === "Escape") closeLink(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  toolbar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.code];
    const row = buttons();
    const at = row.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    row[(at + step + row.length) % row.length].focus();
  });
  toolbar.closest("form").addEventListener("keydown", (event) => {
    if (event.code !== "KeyK" || !(event.ctrlKey || event.metaKey) || !isRich()) return;
    event.preventDefault();
    run("link");
  });
  squire.addEventListener("pathChange", refresh);
  squire.addEventListener("select", refresh);
}
