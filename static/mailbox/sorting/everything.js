// All of the page, then all of the list: the box in the bar, and the line below it that
// hands the whole list to a worker. Nothing newer than the moment of asking is touched.

import { choose, unchoose } from "../reading/choosing.js";
import { rows } from "../reading/list.js";

const parts = () => {
  const list = document.getElementById("list");
  return {
    list,
    box: list?.querySelector("[data-choose-all]"),
    line: list?.querySelector("[data-everything-line]"),
    all: list?.querySelector("[data-all]"),
    count: list?.querySelector("[data-count]"),
  };
};

function settle(isEverything) {
  const { list, all, count, line } = parts();
  if (!all) return;
  all.disabled = !isEverything;
  if (isEverything) {
    count.textContent = count.dataset.allWord;
    line.hidden = true;
  }
  for (const one of list.querySelectorAll(".bulk [data-one-by-one]")) {
    const control = one.matches("details") ? one.querySelector("summary") : one;
    control.toggleAttribute("inert", isEverything);
    control.classList.toggle("is-off", isEverything);
  }
}

document.addEventListener("portal:chosen", (event) => {
  const { box, line } = parts();
  if (!box) return;
  const number = event.detail;
  const there = rows().length;
  box.checked = number > 0 && number >= there;
  box.indeterminate = number > 0 && number < there;
  // The results of a search are no list that a worker could take as a whole.
  if (line) line.hidden = !(box.checked && document.getElementById("older"));
  settle(false);
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-choose-all]")) return;
  if (event.target.checked) choose("all");
  else unchoose();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-everything]")) settle(true);
});
