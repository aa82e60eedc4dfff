// The toast after sending: it counts down to the moment the letter leaves, then goes.
// Its Undo button is a form and works without this script; the time is the server's.

const AROUND = 100; // the ring's dash length, as the style has it

function run(toast) {
  const until = Date.now() + Number(toast.dataset.undoSeconds) * 1000;
  const total = until - Date.now();
  const number = toast.querySelector("[data-undo-number]");
  const ring = toast.querySelector("[data-undo-ring]");

  function tick() {
    const left = until - Date.now();
    if (left <= 0) return toast.remove();
    number.textContent = String(Math.ceil(left / 1000));
    ring.style.strokeDashoffset = String(AROUND * (1 - left / total));
    setTimeout(tick, 200);
  }
  toast.querySelector("[data-undo-close]")?.addEventListener("click", () => toast.remove());
  tick();
}

document.querySelectorAll("[data-undo]").forEach(run);
