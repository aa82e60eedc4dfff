// One line of recipients: chips, a field to type in, the directory below, an opened group.

import { looksLikeAddress, readPeople, sameAddress } from "../people.js";
import { attachSuggestions } from "../suggestions.js";
import { chipOf, groupChip } from "./chips.js";
import { GroupPanel } from "./groups.js";
import { attachMoving } from "./moving.js";

const SEPARATORS = new Set(["Comma", "Semicolon"]);

export class Line {
  constructor(element, form, others) {
    Object.assign(this, { element, form, name: element.dataset.peopleLine, people: [] });
    this.field = element.querySelector("[data-people]");
    this.words = form.querySelector("[data-words]").dataset;
    this.panel = new GroupPanel(element.querySelector("[data-group-panel]"), this.words, () => this.show(this.people, true));
    const given = JSON.parse(this.field.dataset.people || "[]");
    this.field.value = "";
    this.field.removeAttribute("name");
    this.field.placeholder = this.words.addPerson;
    this.suggestions = attachSuggestions(this.field, element.querySelector("[data-suggestions]"), {
      url: form.dataset.findUrl,
      words: this.words,
      isTaken: (person) => this.people.some((one) => person.address && sameAddress(one, person)),
      choose: (found) => this.add(found.members ? found.members.map((one) => ({ ...one, group: found.group })) : [found]),
    });
    this.show(given);
    attachMoving(this, others);
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.field.addEventListener("paste", (event) => this.onPaste(event));
    this.field.addEventListener("blur", () => this.takeTyped());
    element.addEventListener("click", (event) => this.onClick(event));
  }

  get chips() {
    return [...this.field.parentElement.querySelectorAll("[data-chip]")];
  }

  get active() {
    return this.people.filter((one) => !one.off);
  }

  template(name) {
    return this.form.querySelector(`template[data-${name}]`);
  }

  show(people, tell = false) {
    this.chips.forEach((chip) => chip.remove());
    this.people = people;
    const groups = new Set();
    for (const person of people) {
      if (person.group && groups.has(person.group)) continue;
      groups.add(person.group);
      const chip = person.group
        ? groupChip(person.group, this.membersOf(person.group), this.template("person-group"), this.words)
        : chipOf(person, this.template("person"), this.words);
      this.field.before(chip);
    }
    // Beyond a dozen only the unusual are shown, until the line is worked on.
    const aside = this.chips.slice(12).filter((chip) => !chip.matches(".person--external, .person--unreadable"));
    aside.forEach((chip) => chip.classList.add("person--aside"));
    this.field.parentElement.dataset.more = aside.length || "";
    if (this.panel.name && !groups.has(this.panel.name)) this.panel.close();
    if (tell) this.changed();
  }

  membersOf(group) {
    return this.people.filter((one) => one.group === group);
  }

  peopleOf(chip) {
    return chip.dataset.group ? this.membersOf(chip.dataset.group) : this.people.filter((one) => !one.group && one.address === chip.dataset.address);
  }

  add(people) {
    const fresh = people.filter((one, at) => ![...this.people, ...people.slice(0, at)].some((other) => sameAddress(one, other)));
    this.field.value = "";
    this.show([...this.people, ...fresh], true);
    if (people.length) this.element.hidden = false;
  }

  without(people) {
    this.show(this.people.filter((one) => !people.some((other) => sameAddress(one, other))), true);
  }

  dropChip(chip) {
    this.without(this.peopleOf(chip));
  }

  edit(chip) {
    if (chip.dataset.group) return this.openGroup(chip.dataset.group);
    const [{ name, address }] = this.peopleOf(chip);
    this.takeTyped();
    this.dropChip(chip);
    this.field.value = name ? `${name} <${address}>` : address;
    this.field.focus();
  }

  openGroup(name) {
    if (this.panel.name === name) this.panel.close();
    else this.panel.open(name, this.membersOf(name));
  }

  takeTyped() {
    const typed = this.field.value.trim();
    if (typed) this.add(readPeople(typed));
    this.suggestions.close();
  }

  changed() {
    this.form.dispatchEvent(new CustomEvent("compose:changed", { detail: { soon: true } }));
  }

  onKey(event) {
    if (event.isComposing || this.suggestions.takes(event)) return;
    const atStart = this.field.selectionStart === 0 && this.field.selectionEnd === 0;
    const separates = SEPARATORS.has(event.code) && [",", ";"].includes(event.key) && looksLikeAddress(this.lastWord());
    const isEnter = (event.code === "Enter" || event.code === "NumpadEnter") && !event.ctrlKey && !event.metaKey;
    if (isEnter || separates) {
      event.preventDefault();
      this.takeTyped();
    } else if (atStart && this.chips.length && event.code === "Backspace" && !this.field.value) {
      this.dropChip(this.chips.at(-1));
    } else if (atStart && this.chips.length && event.code === "ArrowLeft") {
      event.preventDefault();
      this.chips.at(-1).focus();
    }
  }

  lastWord() {
    return this.field.value.trim().replace(/^.*[<\s]/u, "").replace(/>$/u, "");
  }

  onPaste(event) {
    const text = event.clipboardData.getData("text/plain");
    if (!/[,;\n@]/u.test(text)) return;
    event.preventDefault();
    this.add(readPeople(`${this.field.value} ${text}`.trim()));
  }

  onClick(event) {
    const chip = event.target.closest("[data-chip]");
    const drop = event.target.closest(".person__drop");
    if (drop) this.dropChip(chip);
    else if (event.target.closest("[data-open-group]")) return this.openGroup(chip.dataset.group);
    if (drop || event.target.matches(".compose__people")) this.field.focus();
  }
}
