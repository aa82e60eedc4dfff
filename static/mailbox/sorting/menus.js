// Menus of verbs: narrowed by typing, Enter takes the first; labels ticked as the chosen rows
// carry them; closed once the verb is done.

const panelOf = (one) => one.closest(".menu__panel");

function narrow(field) {
  const words = field.value.trim().toLocaleLowerCase();
  const items = [...panelOf(field).querySelectorAll(".menu__list .menu__item")];
  for (const item of items) item.hidden = !item.textContent.toLocaleLowerCase().includes(words);
  const none = panelOf(field).querySelector(".menu__none");
  if (none) none.hidden = items.some((item) => !item.hidden);
}

/** In the list: tick what all chosen rows carry, and say so with the form. */
function tick(menu) {
  const chosen = [...document.querySelectorAll("#rows .row.is-checked")];
  const carried = chosen.map((row) => row.dataset.labels.split(" "));
  for (const old of menu.querySelectorAll("[name=label_was]")) old.remove();
  for (const box of menu.querySelectorAll("[name=label]")) {
    const number = carried.filter((labels) => labels.includes(box.value)).length;
    box.checked = number > 0 && number === chosen.length;
    box.indeterminate = number > 0 && number < chosen.length;
    if (!box.checked) continue;
    const was = document.createElement("input");
    Object.assign(was, { type: "hidden", name: "label_was", value: box.value });
    box.closest(".menu__list").append(was);
  }
}

// The event of a <details> does not bubble: caught on its way down.
document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.("details.menu") || !menu.open) return;
  if (menu.dataset.menu === "label" && menu.closest("[data-choosing]")) tick(menu);
  const field = menu.querySelector("[data-filter]");
  if (field) {
    field.hidden = false;
    field.value = "";
    narrow(field);
  }
  (field ?? menu.querySelector(".menu__item, .button--danger"))?.focus();
}, true);

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-filter]")) narrow(event.target);
});

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.code !== "Enter" || !field.matches?.("[data-filter], [data-enter]")) return;
  event.preventDefault();
  const panel = panelOf(field);
  if (field.dataset.enter) panel.querySelector(`button[value="${field.dataset.enter}"]`).click();
  else if (field.value.trim()) panel.querySelector(".menu__list .menu__item:not([hidden])")?.click();
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.target.matches?.("form") || !event.detail.successful) return;
  for (const menu of event.target.querySelectorAll("details.menu[open]")) menu.open = false;
  const outer = event.target.closest("details.menu[open]");
  if (outer) outer.open = false;
});

// A label stuck, a mute taken off: the open conversation shows it.
document.body.addEventListener("portal:reread", () => {
  const here = document.querySelector("#reader [data-reread]")?.dataset.reread;
  if (here) window.htmx.ajax("GET", here, { target: "#reader", swap: "outerHTML" });
});
