// Folders inside folders: folded and unfolded; which ones are folded is remembered in this
// browser, by their ids.

const KEY = "folded-folders";
const folded = new Set(JSON.parse(localStorage.getItem(KEY) ?? "[]"));

function show() {
  for (const line of document.querySelectorAll(".tree")) {
    const inside = line.dataset.inside.split(" ");
    line.hidden = inside.some((one) => folded.has(one));
    const button = line.querySelector("[data-fold]");
    if (!button) continue;
    button.hidden = false;
    line.classList.add("tree--around");
    button.setAttribute("aria-expanded", String(!folded.has(line.dataset.folder)));
  }
}

document.addEventListener("click", (event) => {
  const line = event.target.closest?.("[data-fold]")?.closest(".tree");
  if (!line) return;
  if (!folded.delete(line.dataset.folder)) folded.add(line.dataset.folder);
  localStorage.setItem(KEY, JSON.stringify([...folded]));
  show();
});
document.addEventListener("htmx:oobAfterSwap", show);
show();
