// The To, Cc and Bcc lines: chips before a field to type in.
// Each line keeps its people in order; those of one group carry its name and share a chip.

import { isOutside } from "./people/chips.js";
import { Line } from "./people/line.js";
import { bare } from "./people.js";

/** Make the three lines live. Returns what the rest of the page asks of them. */
export function attachRecipients(form) {
  const lines = {};
  for (const element of form.querySelectorAll("[data-people-line]")) {
    lines[element.dataset.peopleLine] = new Line(element, form, () => lines);
  }
  const each = () => Object.values(lines);
  const all = () => each().flatMap((line) => line.active);
  function groups() {
    const found = {};
    for (const { group, address } of all()) {
      if (group) (found[group] ??= []).push(address.toLowerCase());
    }
    return found;
  }
  return {
    read: () => ({ ...Object.fromEntries(each().map((line) => [line.name, line.active.map(bare)])), groups: groups() }),
    all,
    outside: () => all().filter(isOutside),
    visible: () => [...lines.to.active, ...lines.cc.active],
    takeTyped: () => each().forEach((line) => line.takeTyped()),
    without: (people) => each().forEach((line) => line.without(people)),
    hideFromEachOther() {
      lines.bcc.add([...lines.to.people, ...lines.cc.people]);
      lines.to.show([], true);
      lines.cc.show([], true);
    },
    describe(known) {
      // The server knows who is in the directory and which domains are the state's.
      const addresses = new Map(known.map((one) => [one.address.toLowerCase(), one]));
      for (const line of each()) {
        const told = line.people.map((one) => {
          const other = addresses.get(one.address.toLowerCase());
          return other ? { ...one, ...other, name: one.name || other.name } : one;
        });
        const hasFocus = line.chips.includes(document.activeElement);
        if (!hasFocus && JSON.stringify(told) !== JSON.stringify(line.people)) line.show(told);
      }
    },
  };
}
