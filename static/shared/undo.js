// A toast with a way back goes after ten seconds; it waits while the mouse or the
// keyboard is on it. Without scripts it simply stays.

const SECONDS = 10;
const toasts = document.getElementById("toasts");

function attend(toast) {
  let left = SECONDS;
  const clock = setInterval(() => {
    if (!toast.isConnected) return clearInterval(clock);
    if (toast.matches(":hover") || toast.contains(document.activeElement)) return;
    left -= 1;
    if (left <= 0) {
      clearInterval(clock);
      toast.remove();
    }
  }, 1000);
}

if (toasts) {
  toasts.querySelectorAll("[data-undo], [data-passing]").forEach(attend);
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) {
        if (node.matches?.("[data-undo], [data-passing]")) attend(node);
      }
    }
  }).observe(toasts, { childList: true });
}
