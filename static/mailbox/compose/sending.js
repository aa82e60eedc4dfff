// Sending, saving by hand, and the keys for both. Keys are matched by place, not by letter:
// on a Thai layout the key S types "ห".

import { askBeforeSending, showPreview } from "./leaving/sheets.js";
import { post } from "./posting.js";

/** Let the form send itself with everything in it. */
export function attachSending(form, { read, recipients, autosave, files, notices, advice, schedule }) {
  const words = form.querySelector("[data-words]").dataset;
  const sendButton = form.querySelector("[data-send]");
  const label = form.querySelector("[data-saved-text]");
  let sending = false;

  function filesDone() {
    if (!files.pending()) return Promise.resolve();
    label.textContent = words.sendingAfterFiles;
    return new Promise((resolve) => {
      form.addEventListener("compose:files", function check() {
        if (files.pending()) return;
        form.removeEventListener("compose:files", check);
        resolve();
      });
    });
  }

  function back(answer) {
    sending = false;
    sendButton.disabled = false;
    autosave.resume();
    if (answer.state === "clash") return autosave.clash();
    if (answer.state === "ended") return notices.show("ended");
    label.textContent = words.notSent;
    notices.show("refused", answer.data.message || words.notSentRetry);
  }

  async function send() {
    if (sending) return;
    recipients.takeTyped();
    notices.hide("refused");
    if (!recipients.all().length) {
      notices.show("refused", words.noRecipient);
      form.querySelector("[data-people]").focus();
      return;
    }
    if (schedule.isUnfinished()) {
      notices.show("refused", words.noMoment);
      return schedule.open();
    }
    const serious = advice.serious();
    if (serious.length && (await askBeforeSending(form, serious, advice.line)) !== "send") return;
    sending = true;
    sendButton.disabled = true;
    await filesDone();
    if (files.failed()) {
      return back({ state: "refused", data: { message: words.fileFailed } });
    }
    autosave.stop();
    await autosave.idle();
    label.textContent = words.sending;
    const answer = await post(form.dataset.sendUrl, { version: autosave.version(), body: read() });
    if (answer.state !== "ok") return back(answer);
    form.dataset.leaving = "yes";
    window.location.assign(answer.data.url);
  }

  const more = form.querySelector("[data-send-more]");

  function closeMore() {
    more.removeAttribute("open");
  }

  more.addEventListener("click", (event) => {
    const deed = event.target.closest("[data-send-way]")?.dataset.sendWay;
    if (!deed) return;
    closeMore();
    if (deed === "now") schedule.now();
    if (deed === "schedule") schedule.open();
    else send();
  });
  document.addEventListener("click", (event) => more.contains(event.target) || closeMore());
  form.querySelector("[data-open-schedule]").addEventListener("click", () => schedule.open());
  form.querySelector("[data-preview]").addEventListener("click", (event) => {
    event.preventDefault();
    showPreview(form, autosave);
  });

  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button?.hasAttribute("data-discard")) {
      autosave.stop();
      form.dataset.leaving = "yes";
      return;
    }
    event.preventDefault();
    if (button?.hasAttribute("data-save")) autosave.flush();
    else if (button?.hasAttribute("data-send")) send();
  });
  // On the window and before anybody else: the editor and the lists take Enter for themselves.
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.code === "Escape" && !event.defaultPrevented && more.open) return closeMore();
      if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector("dialog[open]")) return;
      const line = event.shiftKey && { KeyC: "cc", KeyB: "bcc" }[event.code];
      if (line) form.querySelector(`[data-show-line="${line}"]`).click();
      else if (event.shiftKey) return;
      else if (event.code === "Enter" || event.code === "NumpadEnter") send();
      else if (event.code === "KeyS") {
        recipients.takeTyped();
        autosave.flush();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );
}
