// The compose page: brings its behaviours together.

import { attachAdvice } from "./advice.js";
import { attachFiles } from "./attachments.js";
import { attachAutosave } from "./autosave.js";
import { attachDropping } from "./dropping.js";
import { attachEditor } from "./editor.js";
import { attachClash } from "./leaving/clash.js";
import { attachSchedule } from "./leaving/schedule.js";
import { attachSheets } from "./leaving/sheets.js";
import { attachNotices } from "./notices.js";
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

function attachNoticeDeeds(form, { autosave }) {
  form.querySelector("[data-retry]").addEventListener("click", () => autosave.flush());
}

/** Ready-made texts and signatures: their markup is in the page, made safe by the server. */
function attachStationery(form, editor) {
  const chooser = form.querySelector("[data-stationery]");
  chooser?.addEventListener("change", (event) => {
    event.stopPropagation();
    const { readyText: text, readyHtml: html, readySubject } = chooser.selectedOptions[0]?.dataset ?? {};
    if (text) {
      editor.insert({ text, html });
      const subject = form.querySelector("[data-subject]");
      if (!subject.value && readySubject) subject.value = readySubject;
    }
    chooser.value = "";
  });
}

function start(form) {
  form.querySelectorAll("[data-without-script]").forEach((part) => part.remove());
  form.querySelectorAll("[data-with-script]").forEach((part) => part.removeAttribute("hidden"));
  attachExtraLines(form);
  attachSheets();
  const words = form.querySelector("[data-words]").dataset;
  const notices = attachNotices(form);
  const recipients = attachRecipients(form);
  let files = null;
  const editor = attachEditor(form, () => files);
  files = attachFiles(form);
  const schedule = attachSchedule(form);
  const find = (name) => form.querySelector(`[data-${name}]`);
  const keepQuote = find("keep-quote");
  const read = () => ({
    ...recipients.read(),
    from: find("from")?.value,
    subject: find("subject").value,
    urgency: Number(find("urgency").value),
    asks_receipt: find("receipt").checked,
    send_at: schedule.value(),
    ...editor.read(),
    ...(keepQuote && !keepQuote.checked ? { keep_quote: false } : {}),
  });
  const clash = attachClash(form, { read, notices, words });
  form.addEventListener("compose:clash", () => clash.open({ subject: find("subject").value, text: editor.text() }));
  const autosave = attachAutosave(form, {
    read,
    notices,
    onSaved(data) {
      recipients.describe(data.people);
      form.dispatchEvent(new CustomEvent("compose:described"));
    },
  });
  attachDropping(form, { editor, files });
  attachStationery(form, editor);
  const advice = attachAdvice(form, { recipients, files, editor, schedule });
  attachSending(form, { read, recipients, autosave, files, notices, advice, schedule });
  attachNoticeDeeds(form, { autosave });
  if (recipients.all().length) editor.focusStart();
  else form.querySelector("[data-people]").focus();
  form.dataset.ready = "yes";
}

start(document.querySelector("[data-compose]"));
