// The frame: the rail opens and shuts, menus close by themselves, help, the way back of forms.

import { press, pressApart, shortcuts } from "../shared/keyboard.js";
import "./badge.js";
import "./connection.js";
import "./sorting/tree.js";

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
  if (target.closest("[data-open-rail]")) {
    event.preventDefault();
    if (menu?.classList.toggle("is-open")) menu.querySelector("a, button")?.focus();
  } else if (!target.closest("#menu")) {
    menu?.classList.remove("is-open");
  }
  for (const open of document.querySelectorAll("details.popover[open]")) {
    if (!open.contains(target)) open.open = false;
  }
});

// On the phone the pages of settings are a line that scrolls: the open one is in sight.
document.querySelector(".settings__link[aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

// A choice of the frame comes back to the page that is open now, not to the one loaded first.
document.addEventListener("htmx:pushedIntoHistory", () => {
  const here = location.pathname + location.search;
  for (const field of document.querySelectorAll('.header input[name="next"], .looks input[name="next"]')) field.value = here;
});

function go(place) {
  const link = document.querySelector(`#menu [data-place="${place}"], .account [data-place="${place}"]`);
  if (link) location.assign(link.href);
  return Boolean(link);
}

/** Close what is open over the page; tell whether anything was: Esc does one thing at a time. */
function close() {
  let wasOpen = false;
  for (const open of document.querySelectorAll("details.popover[open]")) {
    if (open.contains(document.activeElement)) open.querySelector("summary").focus();
    open.open = false;
    wasOpen = true;
  }
  const menu = document.getElementById("menu");
  if (!menu?.classList.contains("is-open")) return wasOpen;
  document.querySelector("[data-open-rail]")?.focus();
  menu.classList.remove("is-open");
  return true;
}

function search() {
  const field = document.querySelector('[data-key="search"]');
  field?.focus();
  field?.select?.();
  return Boolean(field);
}

shortcuts({
  KeyC: () => press("compose"),
  KeyD: () => pressApart("compose"),
  KeyZ: () => press("undo"),
  Slash: search,
  "Shift+Slash": () => help.showModal(),
  Escape: close,
  "g KeyI": () => go("inbox"),
  "g KeyS": () => go("starred"),
  "g KeyT": () => go("sent"),
  "g KeyD": () => go("drafts"),
  "g KeyA": () => go("all"),
  "g KeyC": () => go("contacts"),
  "g KeyL": () => go("labels"),
});
