// Copy or print the backup codes; without this script they can still be read and written down.
const list = document.querySelector("[data-codes]");
const copy = document.querySelector("[data-copy]");
const print = document.querySelector("[data-print]");

if (list && copy && navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    const codes = [...list.children].map((each) => each.textContent.trim());
    await navigator.clipboard.writeText(codes.join("\n"));
    copy.querySelector("span").textContent = copy.dataset.copied;
  });
}
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}
