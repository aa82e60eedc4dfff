// The To, Cc and Bcc lines: chips before a field to type in.
// The chips' data is kept in the field's `people` property; the form hears "compose:changed".

import { bare, domainOf, looksLikeAddress, readPeople, sameAddress } from "./people.js";
import { attachSuggestions } from "./suggestions.js";

const SEPARATORS = new Set(["Comma", "Semicolon"]);

class Line {
  constructor(line, form) {
    this.form = form;
    this.field = line.querySelector("[data-people]");
    this.words = form.querySelector("[data-words]").dataset;
    this.template = form.querySelector("template[data-person]");
    this.people = [];
    const given = JSON.parse(this.field.dataset.people || "[]");
    this.field.value = "";
    this.field.removeAttribute("name");
    this.field.placeholder = this.words.addPerson;
    this.suggestions = attachSuggestions(this.field, line.querySelector("[data-suggestions]"), {
      url: form.dataset.findUrl,
      words: this.words,
      isTaken: (person) => this.people.some((one) => sameAddress(one, person)),
      choose: (person) => this.add([person]),
    });
    this.show(given);
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.field.addEventListener("paste", (event) => this.onPaste(event));
    this.field.addEventListener("blur", () => this.takeTyped());
    line.addEventListener("click", (event) => this.onClick(event));
  }

  get chips() {
    return [...this.field.parentElement.querySelectorAll("[data-chip]")];
  }

  show(people) {
    this.chips.forEach((chip) => chip.remove());
    this.people = people;
    for (const person of people) this.field.before(this.chip(person));
  }

  chip(person) {
    const chip = this.template.content.firstElementChild.cloneNode(true);
    const outside = person.external ?? !person.agency;
    const unreadable = !looksLikeAddress(person.address);
    chip.dataset.address = person.address;
    chip.title = person.address;
    chip.classList.toggle("person--external", outside && !unreadable);
    chip.classList.toggle("person--unreadable", unreadable);
    chip.querySelector("[data-code]").textContent = outside ? "" : person.code || "";
    chip.querySelector("[data-outside]").toggleAttribute("hidden", !outside);
    chip.querySelector(".tile").classList.toggle("tile--external", outside);
    chip.querySelector(".person__name").textContent = person.name || person.address;
    const post = unreadable ? this.words.unreadable : person.position || person.agency;
    chip.querySelector(".person__post").textContent =
      post || (person.name ? domainOf(person.address) : outside ? this.words.outside : "");
    const drop = chip.querySelector(".person__drop");
    drop.setAttribute("aria-label", `${this.words.remove} ${person.name || person.address}`);
    return chip;
  }

  add(people) {
    const fresh = people.filter((one) => !this.people.some((other) => sameAddress(one, other)));
    this.show([...this.people, ...fresh]);
    this.field.value = "";
    this.changed();
  }

  drop(address) {
    this.show(this.people.filter((person) => person.address !== address));
    this.changed();
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
    const empty = this.field.value === "";
    const onSeparator =
      SEPARATORS.has(event.code) && [",", ";"].includes(event.key) && looksLikeAddress(this.lastWord());
    if ((event.code === "Enter" || event.code === "NumpadEnter") && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.takeTyped();
    } else if (onSeparator) {
      event.preventDefault();
      this.takeTyped();
    } else if (event.code === "Backspace" && empty && this.people.length) {
      this.drop(this.people.at(-1).address);
    } else if (event.code === "ArrowLeft" && empty && this.chips.length) {
      this.chips.at(-1).querySelector(".person__drop").focus();
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
    const drop = event.target.closest(".person__drop");
    if (drop) this.drop(drop.closest("[data-chip]").dataset.address);
    if (drop || event.target.matches(".compose__people")) this.field.focus();
  }
}

/** Make the three lines live. Returns what the rest of the page asks of them. */
export function attachRecipients(form) {
  const lines = {};
  for (const line of form.querySelectorAll("[data-people-line]")) {
    lines[line.dataset.peopleLine] = new Line(line, form);
  }
  const all = () => Object.values(lines).flatMap((line) => line.people);
  return {
    read: () => Object.fromEntries(Object.entries(lines).map(([name, line]) => [name, line.people.map(bare)])),
    all,
    visible: () => [...lines.to.people, ...lines.cc.people],
    takeTyped: () => Object.values(lines).forEach((line) => line.takeTyped()),
    describe(known) {
      // The server knows who is in the directory and which domains are the state's.
      const find = (one) => known.find((other) => sameAddress(one, other));
      for (const line of Object.values(lines)) {
        const told = line.people.map((one) => {
          const other = find(one);
          return other ? { ...one, ...other, name: one.name || other.name } : one;
        });
        if (JSON.stringify(told) !== JSON.stringify(line.people)) line.show(told);
      }
    },
  };
}
