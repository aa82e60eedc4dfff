// A list of tries that is being read stays open when the page asks for news.

let open = [];

document.addEventListener("htmx:beforeSwap", (event) => {
  const shown = event.detail.target.querySelectorAll("[data-tries][open]");
  open = [...shown].map((list) => list.id);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  open = [];
});
