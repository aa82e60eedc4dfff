// A search that goes on by itself can be stopped; one that is broken off says so.

function settle(progress, { isBroken }) {
  const line = progress.querySelector("[data-running]");
  progress.classList.add("is-stopped");
  progress.querySelector("[data-stop]").hidden = true;
  progress.querySelector("[data-further]").hidden = false;
  if (isBroken) {
    line.querySelector(".progress__text").hidden = true;
    progress.querySelector("[data-broken-off]").hidden = false;
  }
}

/** With scripts the next step comes by itself: a button to stop it instead of the link. */
function attend() {
  const progress = document.getElementById("progress");
  if (!progress?.querySelector("[data-running]") || progress.classList.contains("is-stopped")) return;
  progress.querySelector("[data-stop]").hidden = false;
  progress.querySelector("[data-further]").hidden = true;
}

document.addEventListener("click", (event) => {
  const progress = event.target.closest("[data-stop]")?.closest("#progress");
  if (!progress) return;
  window.htmx.trigger(progress.querySelector("[data-running]"), "htmx:abort");
  settle(progress, { isBroken: false });
  progress.querySelector("[data-further]").focus();
});
for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(name, (event) => {
    const progress = event.target.closest?.("[data-running]")?.closest("#progress");
    if (progress) settle(progress, { isBroken: true });
  });
}
document.addEventListener("htmx:afterSwap", attend);
attend();
