// Show a password while it is typed, and notice a keyboard that is set to Thai.
const THAI = /[\u0E00-\u0E7F]/;

for (const box of document.querySelectorAll("[data-password]")) {
  const input = box.querySelector("input");
  const button = box.querySelector("[data-show]");
  const hint = box.parentElement.querySelector("[data-thai]");

  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    input.focus();
  });
  if (hint) {
    input.addEventListener("input", () => { hint.hidden = !THAI.test(input.value); });
  }
}
