// The frame: the rail opens and shuts, menus close by themselves, help, the way back of forms.

import { press, shortcuts } from "../shared/keyboard.js";

const shell = document.getElementById("shell");
const help = document.getElementById("help");
const RAIL = "rail-is-shut";

if (localStorage.getItem(RAIL) === "yes") shell.classList.add("is-rail-shut");

document.addEventListener("click", (event) => {
  const target = event.target;
  if (target.closest("[data-rail]")) {
    const shut = shell.classList.toggle("is-rail-shut");
    localStorage.setItem(RAIL, shut ? "yes" : "no");
  }
  if (target.closest("[data-help]")) help.showModal();
  if (target.closest("[data-print]")) window.print();
  const menu = document.getElementById("menu");
  if (target.closest("[data-menu]")) {
    event.preventDefault();
    menu?.classList.toggle("is-open");
  } else if (!target.closest("#menu")) {
    menu?.classList.remove("is-open");
  }
  for (const open of document.querySelectorAll("details.popover[open]")) {
    if (!open.contains(target)) open.open = false;
  }
});

// The language is chosen on the page that is open now, not on the one that was loaded first.
document.addEventListener("htmx:pushedIntoHistory", () => {
  const here = location.pathname + location.search;
  for (const field of document.querySelectorAll('.header input[name="next"]')) field.value = here;
});

function go(place) {
  const link = document.querySelector(`#folders [data-place="${place}"]`);
  if (link) location.assign(link.href);
  return Boolean(link);
}

shortcuts({
  KeyC: () => press("compose"),
  KeyZ: () => press("undo"),
  "Shift+Slash": () => help.showModal(),
  Escape: () => {
    for (const open of document.querySelectorAll("details.popover[open]")) open.open = false;
    document.getElementById("menu")?.classList.remove("is-open");
    return false;
  },
  "g KeyI": () => go("inbox"),
  "g KeyS": () => go("starred"),
  "g KeyT": () => go("sent"),
  "g KeyD": () => go("drafts"),
});
