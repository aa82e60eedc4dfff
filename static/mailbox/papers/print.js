// The button of the print page; the browser's own command does the same.

document.querySelector("[data-print]").addEventListener("click", () => window.print());
