// The keys of the list and the conversation.

import { press, shortcuts } from "../../shared/keyboard.js";
import { act, toggle, unchoose } from "./choosing.js";
import { back, openThread, step } from "./list.js";

const atHand = () => document.activeElement?.closest?.(".row")?.dataset.thread ?? openThread();
const either = (verb) => () => act(verb) || press(verb);

shortcuts({
  KeyJ: () => step(1),
  KeyK: () => step(-1),
  KeyO: () => {
    const row = document.activeElement?.closest?.(".row") ?? document.querySelector("#rows .row");
    row?.querySelector(".row__link").click();
  },
  KeyU: () => {
    if (!back()) press("back");
  },
  KeyX: () => toggle(atHand()),
  KeyE: either("archive"),
  "Shift+Digit3": either("trash"),
  Delete: either("trash"),
  KeyS: () => press("star"),
  KeyV: () => press("move"),
  KeyR: () => press("reply"),
  KeyA: () => press("reply-all"),
  KeyF: () => press("forward"),
});
document.addEventListener("keydown", (event) => {
  if (event.code === "Escape" && unchoose()) event.preventDefault();
});
