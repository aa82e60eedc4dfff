// The directory under a recipient field: a listbox that follows what is typed.
// Keyboard and roles after the ARIA combobox pattern (autocomplete="list").

import { HEADERS } from "./posting.js";

const WAIT = 120; // milliseconds after a key, so that a fast typist asks once

/** Watch `field`; show answers of `url` in `list`; give the chosen person to `choose`. */
export function attachSuggestions(field, list, { url, words, isTaken, choose }) {
  let people = [];
  let current = -1;
  let timer = 0;
  let asked = 0;

  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");

  function close() {
    clearTimeout(timer);
    asked += 1;
    people = [];
    list.hidden = true;
    list.replaceChildren();
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function mark(index) {
    current = index;
    [...list.children].forEach((option, at) => {
      option.setAttribute("aria-selected", String(at === index));
      if (at === index) option.scrollIntoView({ block: "nearest" });
    });
    if (index >= 0) field.setAttribute("aria-activedescendant", `${list.id}-${index}`);
  }

  function option(person, index) {
    const item = document.createElement("li");
    item.id = `${list.id}-${index}`;
    item.className = "suggestion";
    item.setAttribute("role", "option");
    const count = person.members?.length;
    item.append(part("span", "tile tile--s", count ? String(count) : person.code || ""));
    item.firstChild.setAttribute("aria-hidden", "true");
    const text = part("span", "suggestion__text", "");
    text.append(part("b", "suggestion__name", person.group || person.name || person.address));
    const post = count ? words.people.replace("{count}", count) : [person.position, person.agency].filter(Boolean).join(" · ");
    text.append(part("small", "suggestion__post", post));
    item.append(text, part("span", "suggestion__address", person.address || ""));
    item.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the field keeps the focus
      take(index);
    });
    return item;
  }

  function show(found) {
    people = found.filter((person) => !isTaken(person));
    if (!people.length) return close();
    list.replaceChildren(...people.map(option));
    list.setAttribute("aria-label", words.suggestions);
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    mark(0);
  }

  function take(index) {
    const person = people[index];
    close();
    choose(person.members ? person : { ...person, external: person.external ?? false });
  }

  async function ask() {
    const typed = field.value.trim();
    const mine = (asked += 1);
    if (typed.length < 1) return close();
    try {
      // By POST: names of one's own book stand in no address, and so in no log.
      const body = new URLSearchParams({ q: typed });
      const response = await fetch(url, { method: "POST", body, headers: HEADERS() });
      if (!response.ok || response.redirected) return;
      const found = (await response.json()).people;
      if (mine === asked && field.value.trim() === typed) show(found);
    } catch {
      // Without the directory an address can still be typed in full.
    }
  }

  field.addEventListener("input", (event) => {
    if (event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  field.addEventListener("compositionend", () => {
    timer = setTimeout(ask, WAIT);
  });

  return {
    close,
    /** Whether this key was for the open list. */
    takes(event) {
      if (list.hidden) return false;
      const last = people.length - 1;
      if (event.code === "ArrowDown") mark(current >= last ? 0 : current + 1);
      else if (event.code === "ArrowUp") mark(current <= 0 ? last : current - 1);
      else if (event.code === "Escape") close();
      else if ((event.code === "Enter" || event.code === "Tab") && !event.ctrlKey && !event.shiftKey) take(current);
      else return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
  };
}

function part(tag, name, text) {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}
