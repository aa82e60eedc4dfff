// The check before sending: advice beside the letter, never a lock on it.
// What is serious is asked about once more when it is sent.

import { domainOf } from "./people.js";

const ENCLOSED = /แนบ|สิ่งที่ส่งมาด้วย|เอกสารประกอบ|\battach|\benclos/iu;
const CROWD = 30; // from here on, say that everybody sees everybody
const NAMED = 3;
const LARGE = 10 * 1024 ** 2; // what many mail systems outside still take

/** What there is to say about the letter: {kind, text, detail, deed, serious}. */
export function adviceFor({ people, outside, visible, subject, text, files, words, mode, hasQuote, scheduled }) {
  const found = [];
  const say = (kind, said, more = {}) => found.push({ kind, text: said, ...more });
  const count = (sentence, number) => sentence.replace("{count}", number);
  const promised = ENCLOSED.test(`${subject}\n${text}`);
  if (!people.length) say("soft", words.noRecipient);
  if (outside.length) {
    const names = outside.slice(0, NAMED).map((one) => [one.name || one.address, one.name && domainOf(one.address)].filter(Boolean).join(" · "));
    if (outside.length > NAMED) names.push(count(words.andMore, outside.length - NAMED));
    const said = count(mode === "reply_all" ? words.answersOutsiders : words.outsiders, outside.length);
    say("warn", said, { detail: names.join("\n"), deed: "without-outsiders", label: words.takeOut, serious: true });
  }
  if (visible.length > CROWD) {
    say("people", count(words.crowd, visible.length), { detail: words.crowdHint, deed: "hide-each-other", label: words.useBcc, serious: true });
  }
  if (!subject.trim()) say("warn", words.noSubject, { deed: "write-subject", label: words.writeSubject, serious: true });
  if (!text.trim() && !files.count() && !hasQuote) say("warn", words.noText, { serious: true });
  if (files.pending()) say("wait", count(words.filesWaiting, files.pending()), { detail: words.filesWaitingHint });
  if (promised && !files.count() && !files.pending()) {
    say("warn", words.noFile, { detail: words.noFileHint, deed: "attach", label: words.attach, serious: true });
  }
  if (files.size() > LARGE) say("warn", words.large.replace("{size}", files.sizeText(files.size())), { detail: words.largeHint });
  if (scheduled) say("wait", scheduled);
  if (promised && files.count()) say("ok", words.hasFile);
  if (people.length && subject.trim()) say("ok", words.complete);
  return found;
}

/** Keep the list of advice true. Returns {serious, deed}. */
export function attachAdvice(form, { recipients, files, editor, schedule }) {
  const list = form.querySelector("[data-precheck]");
  const words = form.querySelector("[data-words]").dataset;
  const subject = form.querySelector("[data-subject]");
  const keepQuote = form.querySelector("[data-keep-quote]");
  let shown = "";

  function line(one) {
    const item = form.querySelector(`template[data-advice="${one.kind}"]`).content.firstElementChild.cloneNode(true);
    item.querySelector("[data-advice-text]").textContent = one.text;
    const small = item.querySelector("small");
    small.textContent = one.detail || "";
    small.hidden = !one.detail;
    const button = item.querySelector("button");
    if (one.deed) {
      button.textContent = one.label;
      button.dataset.deed = one.deed;
    } else button.remove();
    return item;
  }

  const advice = () =>
    adviceFor({
      people: recipients.all(),
      outside: recipients.outside(),
      visible: recipients.visible(),
      subject: subject.value,
      text: editor.text(),
      files,
      words,
      mode: form.dataset.mode,
      hasQuote: keepQuote?.checked ?? false,
      scheduled: schedule.sentence(),
    });

  const DEEDS = {
    "without-outsiders": () => recipients.without(recipients.outside()),
    "hide-each-other": () => recipients.hideFromEachOther(),
    "write-subject": () => subject.focus(),
    attach: () => form.querySelector("[data-attach]").click(),
  };

  function refresh() {
    const found = advice();
    const text = JSON.stringify(found);
    if (text === shown) return;
    shown = text;
    list.replaceChildren(...found.map(line));
    const count = recipients.all().length;
    const label = form.querySelector("[data-send-label]");
    const [one, many] = schedule.sentence() ? [words.scheduleOne, words.scheduleMany] : [words.sendOne, words.sendTo];
    label.textContent = count > 1 ? many.replace("{count}", count) : one;
  }

  let timer = 0;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 150);
  };
  for (const name of ["input", "change", "compose:changed", "compose:files", "compose:described"]) {
    form.addEventListener(name, later);
  }
  form.addEventListener("click", (event) => {
    const { deed } = event.target.closest("[data-deed]")?.dataset ?? {};
    if (!DEEDS[deed]) return;
    DEEDS[deed]();
    refresh();
  });
  form.querySelector("[data-advice-card]").hidden = false;
  refresh();
  return { serious: () => advice().filter((one) => one.serious), line };
}
