// From letter to letter of the open conversation: N and P, the folded ones open as they are reached.

/** Go to the next or the previous letter; tell whether there is one. */
export function toLetter(by) {
  const all = [...document.querySelectorAll("#letters .letter")];
  if (all.length === 0) return false;
  const held = document.activeElement?.closest?.(".letter");
  const here = held ? all.indexOf(held) : by > 0 ? -1 : all.length;
  const next = all[here + by];
  if (!next) return false;
  const isFolded = next.matches(".letter--folded");
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "start" });
  if (isFolded) {
    const id = next.id;
    next.querySelector("a.letter__from")?.click();
    const keep = (event) => {
      const opened = document.getElementById(id);
      if (opened?.matches(".letter--folded")) return;
      document.removeEventListener("htmx:afterSettle", keep);
      if (!opened || event.defaultPrevented) return;
      opened.tabIndex = -1;
      opened.focus({ preventScroll: true });
    };
    document.addEventListener("htmx:afterSettle", keep);
  }
  return true;
}
