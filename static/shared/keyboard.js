// Shortcuts by the key's place on the keyboard (event.code): on a Thai layout the letter
// under J is "่". Keyboards that name no place (remote desktops, dictation) are read by
// event.key. Off in fields, while text is being composed, with Ctrl or Alt, and by preference.

const single = new Map();
const after = { KeyG: new Map(), "Shift+Digit8": new Map() };
const names = { g: "KeyG", "*": "Shift+Digit8" };
const LONGEST_PAUSE = 1500; // milliseconds between the two keys of a pair
let first = "";
let firstAt = 0;

// Signs that mean the same wherever a layout has put them.
const PLAIN = ["?", "#", "!", "*"];
const SIGNS = {
  "/": "Slash", "?": "Shift+Slash", "#": "Shift+Digit3", "!": "Shift+Digit1", "*": "Shift+Digit8",
  "[": "BracketLeft", "]": "BracketRight", ".": "Period", "+": "Shift+Equal", "-": "Minus",
};

/** Register shortcuts: codes such as "KeyJ", "Shift+Slash", "g KeyI" after G, "* KeyA" after *. */
export function shortcuts(table) {
  for (const [code, deed] of Object.entries(table)) {
    const [sign, second] = code.split(" ");
    if (second) after[names[sign]].set(second, deed);
    else single.set(code, deed);
  }
}

const isSeen = (one) => one.getClientRects().length > 0;

/** Press the first visible element that carries data-key; tell whether there was one. */
export function press(key, within = document) {
  const found = [...within.querySelectorAll(`[data-key="${key}"]`)].find(isSeen);
  if (found?.matches("summary")) {
    const menu = found.parentElement;
    menu.open = !menu.open;
    if (menu.open) menu.querySelector(".popover__panel :is(button, a, input):not([type=hidden])")?.focus();
  } else found?.click();
  return Boolean(found);
}

/** The same in a window of its own: the form goes to a new tab, this page stays. */
export function pressApart(key) {
  const found = [...document.querySelectorAll(`button[data-key="${key}"]`)].find(isSeen);
  if (!found) return false;
  found.setAttribute("formtarget", "_blank");
  found.click();
  found.removeAttribute("formtarget");
  return true;
}

function isWriting(target) {
  return target.isContentEditable || target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, dialog[open]");
}

/** The key as "KeyJ" or "Shift+Slash", by its place if the keyboard tells it. */
export function nameOf(event) {
  if (PLAIN.includes(event.key)) return SIGNS[event.key];
  if (event.code && event.code !== "Unidentified") {
    if (event.code === "NumpadAdd") return "Shift+Equal";
    if (event.code === "NumpadSubtract") return "Minus";
    if (event.code === "NumpadEnter") return "Enter";
    return event.shiftKey ? `Shift+${event.code}` : event.code;
  }
  if (SIGNS[event.key]) return SIGNS[event.key];
  const code = /^[a-z]$/i.test(event.key) ? `Key${event.key.toUpperCase()}` : event.key;
  return event.shiftKey ? `Shift+${code}` : code;
}

const isOff = () => document.body.dataset.shortcuts === "off";

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const name = nameOf(event);
  if (/Shift(Left|Right)$|^Shift/.test(event.code) || name === "Shift") return;
  if (name !== "Escape" && (isOff() || isWriting(event.target))) return;
  const waiting = Date.now() - firstAt < LONGEST_PAUSE ? first : "";
  first = "";
  if (!waiting && after[name]) {
    first = name;
    firstAt = Date.now();
    event.preventDefault();
    return;
  }
  const deed = waiting ? after[waiting].get(name) : single.get(name);
  if (deed && deed(event) !== false) event.preventDefault();
});
