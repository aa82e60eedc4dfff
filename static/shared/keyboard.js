// Shortcuts by the key's place on the keyboard (event.code): on a Thai layout the
// letter under J is "่". Off in fields, while text is being composed, with Ctrl or Alt.

const single = new Map();
const afterG = new Map();
let isAfterG = 0;

/** Register shortcuts: codes such as "KeyJ", "Shift+Slash", or "g KeyI" after G. */
export function shortcuts(table) {
  for (const [code, deed] of Object.entries(table)) {
    if (code.startsWith("g ")) afterG.set(code.slice(2), deed);
    else single.set(code, deed);
  }
}

/** Press the first visible element that carries data-key; tell whether there was one. */
export function press(key) {
  const found = [...document.querySelectorAll(`[data-key="${key}"]`)].find(
    (one) => one.getClientRects().length > 0,
  );
  found?.click();
  return Boolean(found);
}

function isWriting(target) {
  return target.isContentEditable || target.closest?.("input:not([type=checkbox]), textarea, select, dialog[open]");
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.code !== "Escape" && isWriting(event.target)) return;
  const wasAfterG = Date.now() - isAfterG < 1500;
  isAfterG = 0;
  if (event.code === "KeyG" && !event.shiftKey) {
    isAfterG = Date.now();
    return;
  }
  const name = event.shiftKey ? `Shift+${event.code}` : event.code;
  const deed = (wasAfterG && afterG.get(name)) || single.get(name);
  if (deed && deed(event) !== false) event.preventDefault();
});
