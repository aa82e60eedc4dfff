// The search box: suggestions appear below it, the arrows walk them, Esc leaves.

const box = document.querySelector("[data-search]");
const field = box?.querySelector(".search__field");
const panel = document.getElementById("suggestions");
const said = document.getElementById("suggestions-said");

const lines = () => [...panel.querySelectorAll("[data-suggestion]")];

function show(isShown) {
  panel.hidden = !isShown || panel.childElementCount === 0;
}

/** Put words where the last word was being typed. */
function insert(words) {
  field.value = field.value.replace(/[^\s"“”]*$/, "") + words;
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** From the field to the first line, from line to line, and back to the field. */
function walk(by) {
  const all = [field, ...lines()];
  const next = all.indexOf(document.activeElement) + by;
  all[(next + all.length) % all.length].focus();
}

if (box && panel) {
  panel.addEventListener("htmx:afterSwap", () => {
    show(box.contains(document.activeElement));
    said.textContent = panel.querySelector("[data-said]")?.content.textContent ?? "";
  });
  // Letters that are still being composed are not asked for, those that are finished at once.
  box.addEventListener("input", (event) => event.isComposing && event.stopImmediatePropagation(), true);
  field.addEventListener("compositionend", () => field.dispatchEvent(new Event("input", { bubbles: true })));
  panel.addEventListener("click", (event) => {
    const line = event.target.closest("[data-insert]");
    if (line) insert(line.dataset.insert);
  });
  box.addEventListener("focusout", (event) => {
    if (!box.contains(event.relatedTarget)) show(false);
  });
  // A press on the panel must not take the focus from the box before the click arrives.
  panel.addEventListener("mousedown", (event) => event.preventDefault());
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || !(event.target === field || panel.contains(event.target))) return;
    if ((event.code === "ArrowDown" || event.code === "ArrowUp") && !panel.hidden) {
      event.preventDefault();
      walk(event.code === "ArrowDown" ? 1 : -1);
    }
    if (event.code === "Escape") {
      event.preventDefault();
      if (panel.hidden) field.blur();
      else if (event.target !== field) field.focus();
      show(false);
    }
  });
}
