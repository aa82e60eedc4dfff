// Chips by keyboard and by mouse: arrows walk, Delete removes, Enter and a double click edit,
// and a chip can be dragged to another line.

const TYPE = "application/x-govmail-person";

/** Let the chips of `line` be walked and carried. */
export function attachMoving(line, others) {
  const box = line.field.parentElement;

  function walk(chip, step) {
    const chips = line.chips;
    const next = chips[chips.indexOf(chip) + step];
    if (next) next.focus();
    else if (step > 0) line.field.focus();
  }

  function remove(chip, step) {
    const chips = line.chips;
    const at = chips.indexOf(chip);
    line.dropChip(chip);
    const left = line.chips;
    (left[Math.min(Math.max(at + step, 0), left.length)] ?? line.field).focus();
  }

  box.addEventListener("keydown", (event) => {
    const chip = event.target.closest("[data-chip]");
    if (!chip || event.ctrlKey || event.metaKey || event.altKey) return;
    const deeds = {
      ArrowLeft: () => walk(chip, -1),
      ArrowRight: () => walk(chip, 1),
      Home: () => line.chips[0].focus(),
      End: () => line.field.focus(),
      Backspace: () => remove(chip, -1),
      Delete: () => remove(chip, 0),
    };
    if (event.target === chip) Object.assign(deeds, { Enter: () => line.edit(chip), F2: () => line.edit(chip) });
    if (!deeds[event.code]) return;
    event.preventDefault();
    event.stopPropagation();
    deeds[event.code]();
  });
  box.addEventListener("dblclick", (event) => {
    const chip = event.target.closest("[data-chip]");
    if (chip && !event.target.closest("button")) line.edit(chip);
  });
  box.addEventListener("dragstart", (event) => {
    const chip = event.target.closest?.("[data-chip]");
    if (!chip) return;
    const people = line.peopleOf(chip);
    event.dataTransfer.setData(TYPE, JSON.stringify({ from: line.name, people }));
    event.dataTransfer.setData("text/plain", people.map((one) => one.address).join(", "));
    event.dataTransfer.effectAllowed = "move";
  });
  line.element.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes(TYPE)) return;
    event.preventDefault();
    line.element.classList.add("is-drop");
  });
  line.element.addEventListener("dragleave", () => line.element.classList.remove("is-drop"));
  line.element.addEventListener("drop", (event) => {
    line.element.classList.remove("is-drop");
    const carried = event.dataTransfer.getData(TYPE);
    if (!carried) return;
    event.preventDefault();
    event.stopPropagation();
    const { from, people } = JSON.parse(carried);
    if (from === line.name) return;
    others()[from].without(people);
    line.add(people);
  });
}
