// How somebody looks on a line: tile, name, post; amber outside government, red if unreadable.

import { domainOf, looksLikeAddress } from "../people.js";

export const isOutside = (person) => person.external ?? !person.agency;

/** A chip for one person. */
export function chipOf(person, template, words) {
  const chip = template.content.firstElementChild.cloneNode(true);
  const find = (name) => chip.querySelector(name);
  const unreadable = !looksLikeAddress(person.address);
  const outside = isOutside(person);
  chip.dataset.address = person.address;
  chip.title = person.address;
  chip.draggable = true;
  chip.classList.toggle("person--external", outside && !unreadable);
  chip.classList.toggle("person--unreadable", unreadable);
  find("[data-code]").textContent = outside ? "" : person.code || "";
  find("[data-outside]").toggleAttribute("hidden", !outside);
  find(".tile").classList.toggle("tile--external", outside);
  const name = person.name || person.address;
  const known = unreadable ? words.unreadable : person.position || person.agency;
  const post = known || (person.name ? domainOf(person.address) : outside ? words.outside : "");
  find(".person__name").textContent = name;
  find(".person__post").textContent = post;
  find(".person__drop").setAttribute("aria-label", `${words.remove} ${name}`);
  chip.setAttribute("aria-label", [name, post, name === person.address ? "" : person.address].filter(Boolean).join(", "));
  return chip;
}

/** One chip for a whole group: its name and how many of it will be written to. */
export function groupChip(name, members, template, words) {
  const chip = template.content.firstElementChild.cloneNode(true);
  const count = members.filter((one) => !one.off).length;
  const text = words.people.replace("{count}", count);
  chip.dataset.group = name;
  chip.classList.toggle("person--external", members.some((one) => !one.off && isOutside(one)));
  chip.querySelector("[data-open-group]").textContent = name;
  chip.querySelector(".person__post").textContent = text;
  chip.querySelector(".person__drop").setAttribute("aria-label", `${words.remove} ${name}`);
  chip.setAttribute("aria-label", `${name}, ${text}`);
  return chip;
}
