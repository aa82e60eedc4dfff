// Menus by the keyboard: the arrows walk through them, Home and End leap, Esc goes back to the button.

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.popover[open]");
  const items = menu ? [...menu.querySelectorAll(".popover__item")] : [];
  if (!items.some((item) => menu.querySelector("[data-menu-keys]")?.contains(item))) return;
  const at = items.indexOf(document.activeElement);
  if (event.code in STEPS) {
    const next = at < 0 && STEPS[event.code] < 0 ? items.length - 1 : at + STEPS[event.code];
    items[(next + items.length) % items.length].focus();
  } else if (event.code === "Home") items[0].focus();
  else if (event.code === "End") items.at(-1).focus();
  else if (event.code === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}, true);
