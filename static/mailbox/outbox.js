// The toast after sending: it counts down to the moment the letter leaves, then goes.
// While the mouse or the keyboard is on it the server is asked to wait, too; the time
// that counts is the server's. Its buttons are a form and work without this script.

const AROUND = 100; // the ring's dash length, as the style has it

function run(toast) {
  const total = Number(toast.dataset.undoSeconds) * 1000;
  const number = toast.querySelector("[data-undo-number]");
  const ring = toast.querySelector("[data-undo-ring]");
  let until = Date.now() + total;
  let asked = 0;

  const isLookedAt = () => toast.matches(":hover") || toast.contains(document.activeElement);

  async function askToWait() {
    asked = Date.now();
    try {
      const token = toast.querySelector("[name=csrfmiddlewaretoken]").value;
      const headers = { "X-CSRFToken": token };
      const answer = await fetch(toast.dataset.undoWait, { method: "POST", headers });
      if (answer.ok) until = Date.now() + total;
    } catch {
      // Nothing to say: the count goes on, and the letter leaves when it said it would.
    }
  }

  function tick() {
    if (!toast.isConnected) return;
    const left = until - Date.now();
    if (left <= 0) return toast.remove();
    number.textContent = String(Math.ceil(left / 1000));
    ring.style.strokeDashoffset = String(AROUND * (1 - left / total));
    if (isLookedAt() && Date.now() - asked > total / 4) askToWait();
    setTimeout(tick, 200);
  }
  tick();
}

document.querySelectorAll("[data-undo][data-undo-seconds]").forEach(run);
