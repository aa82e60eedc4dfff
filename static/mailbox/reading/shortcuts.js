// The keys of the list and the conversation: Gmail's, each with a visible control beside it.

import { press, pressApart, shortcuts } from "../../shared/keyboard.js";
import { act, choose, toggle, unchoose } from "./choosing.js";
import { back, focusRow, isListAlone, openThread, step } from "./list.js";
import { toLetter } from "./letters.js";
import "./ahead.js";
import "./places.js";
import "./dragging.js";
import "../sorting/everything.js";
import "../sorting/menus.js";

const atHand = () => document.activeElement?.closest?.(".row")?.dataset.thread ?? (isListAlone() ? undefined : openThread());

/** Do it to the chosen rows, else to the open conversation, else to the row the focus is on. */
const doing = (verb) => () => {
  if (act(verb)) return true;
  if (!isListAlone()) return press(verb, document.getElementById("reader"));
  const thread = atHand();
  if (!thread) return false;
  toggle(thread);
  return act(verb);
};
const move = (by) => () => (isListAlone() ? focusRow(by) : step(by));

/** Archive the open one and go on in a direction; without a next one, back to the list. */
const archiveAnd = (by) => () => {
  document.body.dataset.goOn = by;
  return doing("archive")();
};
const starred = (wanted) => () => {
  const star = document.querySelector('#reader [data-key="star"]');
  if (!star || (star.getAttribute("aria-pressed") === "true") === wanted) return Boolean(star);
  star.click();
  return true;
};

shortcuts({
  KeyJ: move(1),
  KeyK: move(-1),
  KeyN: () => toLetter(1),
  KeyP: () => toLetter(-1),
  KeyO: () => {
    const row = document.activeElement?.closest?.(".row") ?? document.querySelector("#rows .row");
    row?.querySelector(".row__link").click();
    return Boolean(row);
  },
  KeyU: () => back() || press("back"),
  BracketLeft: archiveAnd(-1),
  BracketRight: archiveAnd(1),
  KeyX: () => toggle(atHand()),
  "* KeyA": () => choose("all"),
  "* KeyN": () => choose("none"),
  "* KeyR": () => choose("read"),
  "* KeyU": () => choose("unread"),
  "* KeyS": () => choose("starred"),
  "* KeyT": () => choose("unstarred"),
  KeyE: doing("archive"),
  "Shift+Digit3": doing("trash"),
  Delete: doing("trash"),
  "Shift+Digit1": doing("spam"),
  KeyS: doing("star"),
  "Shift+Equal": starred(true),
  Equal: starred(true),
  Minus: starred(false),
  KeyB: doing("snooze"),
  KeyM: doing("mute"),
  KeyV: doing("move"),
  KeyL: doing("label"),
  "Shift+KeyI": doing("read"),
  "Shift+KeyU": doing("unread"),
  Period: () => press("more"),
  KeyR: () => press("reply"),
  KeyA: () => press("reply-all"),
  KeyF: () => press("forward"),
  "Shift+KeyR": () => pressApart("reply"),
  "Shift+KeyA": () => pressApart("reply-all"),
  "Shift+KeyF": () => pressApart("forward"),
});
document.addEventListener("keydown", (event) => {
  if (event.code !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (unchoose()) event.preventDefault();
});
