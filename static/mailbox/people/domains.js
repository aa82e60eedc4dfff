// Copy a record's name or text; without this script they can still be marked and copied.
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copy).textContent;
      await navigator.clipboard.writeText(text.trim());
      button.textContent = button.dataset.copied;
    });
  }
}
