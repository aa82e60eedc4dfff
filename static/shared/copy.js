// Copy a record's name or text; without this script they can still be marked and copied.
function offer(root) {
  for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}

if (navigator.clipboard) {
  offer(document);
  document.addEventListener("htmx:load", (event) => offer(event.target));
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = button.dataset.copied;
  });
}
