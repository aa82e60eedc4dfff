// Two windows wrote in one draft: both texts side by side, and neither is lost. "Mine" is kept
// on top of the other, whose text is first put aside as a draft of its own, and the other way round.

import { post } from "../posting.js";

/** Returns {open}: asks the server for the other text and shows both. */
export function attachClash(form, { read, notices, words }) {
  const panel = form.querySelector("[data-clash]");
  const find = (name) => panel.querySelector(`[data-clash-${name}]`);
  let other = null;

  function shown(name, subject, text) {
    find(`${name}-subject`).textContent = subject || words.noSubject;
    find(`${name}-text`).textContent = text;
  }

  async function open(mine) {
    panel.hidden = false;
    shown("mine", mine.subject, mine.text);
    try {
      const answer = await fetch(form.dataset.otherUrl, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error();
      other = await answer.json();
      shown("other", other.subject, other.text);
      find("other-time").textContent = words.savedAt.replace("{time}", other.saved_at);
    } catch {
      find("other-text").textContent = words.failed;
    }
    panel.scrollIntoView({ block: "nearest" });
    find("mine-use").focus();
  }

  function leaveFor(url) {
    form.dataset.leaving = "yes";
    window.location.assign(url);
  }

  async function copyOfMine() {
    const answer = await post(form.dataset.copyUrl, { body: read() });
    if (answer.state !== "ok") notices.show("refused", answer.data.message || words.failed);
    return answer.state === "ok" ? answer.data.url : "";
  }

  /** Mine stays in this draft; the other text goes into a draft of its own first. */
  async function useMine() {
    if (!other) return;
    const answer = await post(`${form.dataset.saveUrl}?aside=1`, { version: other.version, body: read() });
    if (answer.state === "ok") leaveFor(other.url);
    else if (answer.state === "clash") open({ subject: find("mine-subject").textContent, text: find("mine-text").textContent });
    else notices.show("refused", answer.data.message || words.failed);
  }

  panel.addEventListener("click", async (event) => {
    const deed = event.target.closest("[data-clash-do]")?.dataset.clashDo;
    if (deed === "mine") useMine();
    else if (deed === "other" && other && (await copyOfMine())) leaveFor(other.url);
    else if (deed === "both") {
      const url = await copyOfMine();
      if (url) leaveFor(url);
    }
  });
  return { open };
}
