// A group, opened: who is in it, with a tick for each who will be written to.

import { isOutside } from "./chips.js";

const FIRST = 5; // members shown before "See all"

/** Show members in `panel`; `change()` is called after every tick. */
export class GroupPanel {
  constructor(panel, words, change) {
    Object.assign(this, { panel, words, change, name: "", all: false });
    panel.addEventListener("change", (event) => this.tick(event));
    panel.addEventListener("click", (event) => this.press(event));
    panel.addEventListener("keydown", (event) => {
      if (event.code !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
  }

  open(name, members) {
    Object.assign(this, { name, members, all: false });
    this.render();
    this.panel.hidden = false;
  }

  close() {
    this.panel.hidden = true;
    this.name = "";
  }

  render() {
    const { words, members } = this;
    const agencies = new Set(members.map((one) => one.agency).filter(Boolean)).size;
    const outside = members.filter(isOutside).length;
    const said = [
      (agencies ? words.peopleOf : words.people).replace("{count}", members.length).replace("{agencies}", agencies),
      outside ? words.outsiders.replace("{count}", outside) : words.noOutsiders,
    ];
    const find = (name) => this.panel.querySelector(`[data-group-${name}]`);
    find("name").textContent = this.name;
    find("said").textContent = said.join(" · ");
    find("all").hidden = this.all || members.length <= FIRST;
    const shown = this.all ? members : members.slice(0, FIRST);
    find("list").replaceChildren(...shown.map((one) => this.line(one)));
    const more = members.length - shown.length;
    find("more").hidden = !more;
    find("more").textContent = words.andMore.replace("{count}", more);
  }

  line(person) {
    const item = document.createElement("li");
    const label = document.createElement("label");
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", checked: !person.off, value: person.address });
    const text = document.createElement("span");
    text.textContent = [person.name || person.address, person.agency].filter(Boolean).join(" · ");
    text.title = person.address;
    label.append(box, text);
    item.append(label);
    return item;
  }

  tick(event) {
    event.stopPropagation();
    const person = this.members.find((one) => one.address === event.target.value);
    if (person) person.off = !event.target.checked;
    this.change();
  }

  press(event) {
    if (event.target.closest("[data-group-all]")) {
      this.all = true;
      this.render();
      this.panel.querySelector("input").focus();
    } else if (event.target.closest("[data-group-close]")) this.close();
  }
}
