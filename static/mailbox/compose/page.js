// The compose page: brings its behaviours together.

import { attachAdvice } from "./advice.js";
import { attachFiles } from "./attachments.js";
import { attachAutosave } from "./autosave.js";
import { attachDropping } from "./dropping.js";
import { attachEditor } from "./editor.js";
import { attachNotices } from "./notices.js";
import { post } from "./posting.js";
import { attachRecipients } from "./recipients.js";
import { attachSending } from "./sending.js";

function attachExtraLines(form) {
  for (const button of form.querySelectorAll("[data-show-line]")) {
    const line = form.querySelector(`[data-people-line="${button.dataset.showLine}"]`);
    const empty = line.querySelector("[data-people]").dataset.people === "[]";
    line.hidden = empty;
    button.hidden = !empty;
    button.addEventListener("click", () => {
      line.hidden = false;
      button.hidden = true;
      line.querySelector("[data-people]").focus();
    });
  }
}

function attachNoticeDeeds(form, { read, autosave, notices }) {
  form.querySelector("[data-keep-both]").addEventListener("click", async () => {
    const answer = await post(form.dataset.copyUrl, { body: read() });
    if (answer.state !== "ok") return notices.show("refused", answer.data.message || "");
    form.dataset.leaving = "yes";
    window.location.assign(answer.data.url);
  });
  form.querySelector("[data-retry]").addEventListener("click", () => autosave.flush());
}

function start(form) {
  form.querySelectorAll("[data-without-script]").forEach((part) => part.remove());
  form.querySelectorAll("[data-with-script]").forEach((part) => part.removeAttribute("hidden"));
  attachExtraLines(form);
  const notices = attachNotices(form);
  const recipients = attachRecipients(form);
  const editor = attachEditor(form);
  const files = attachFiles(form);
  const keepQuote = form.querySelector("[data-keep-quote]");
  const read = () => ({
    ...recipients.read(),
    subject: form.querySelector("[data-subject]").value,
    urgency: Number(form.querySelector("[data-urgency]").value),
    ...editor.read(),
    ...(keepQuote && !keepQuote.checked ? { keep_quote: false } : {}),
  });
  const autosave = attachAutosave(form, {
    read,
    notices,
    onSaved(data) {
      recipients.describe(data.people);
      form.dispatchEvent(new CustomEvent("compose:described"));
    },
  });
  attachDropping(form, files.take);
  attachAdvice(form, { recipients, files, editor });
  attachSending(form, { read, recipients, autosave, files, notices });
  attachNoticeDeeds(form, { read, autosave, notices });
  if (recipients.all().length) editor.focusStart();
  else form.querySelector("[data-people]").focus();
  form.dataset.ready = "yes";
}

start(document.querySelector("[data-compose]"));
