// The bars at the head of the letter: changed elsewhere, session ended, refused.
// All of them are in the page from the start, hidden; this shows one and hides it again.

/** Returns {show(name, text?), hide(...names)} for the form's [data-notice] bars. */
export function attachNotices(form) {
  const find = (name) => form.querySelector(`[data-notice="${name}"]`);
  return {
    show(name, text) {
      const bar = find(name);
      const place = bar.querySelector("[data-notice-text]");
      if (text && place) place.textContent = text;
      bar.hidden = false;
      bar.scrollIntoView({ block: "nearest" });
    },
    hide(...names) {
      for (const name of names) find(name)?.setAttribute("hidden", "");
    },
  };
}
