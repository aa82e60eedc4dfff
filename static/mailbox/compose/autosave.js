// Keeping the draft: three seconds after the last key, and whenever somebody asks.
// Nothing typed is ever dropped: what cannot be saved stays in the page, and the page says so.

import { post } from "./posting.js";

const QUIET = 3000; // milliseconds after the last key
const SOON = 400; // after a chip, a file, a choice
const RETRIES = [5000, 10000, 20000, 30000];

/** Watch the form and save what `read()` gives. Returns {flush, version, stop}. */
export function attachAutosave(form, { read, onSaved, notices }) {
  const words = form.querySelector("[data-words]").dataset;
  const label = form.querySelector("[data-saved]");
  let version = Number(form.dataset.version);
  let kept = JSON.stringify(read());
  let timer = 0;
  let failures = 0;
  let running = null;
  let stopped = false;

  const isDirty = () => JSON.stringify(read()) !== kept;

  function say(state, text) {
    label.dataset.state = state;
    label.querySelector("[data-saved-text]").textContent = text;
  }

  function plan(wait) {
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  }

  function clash() {
    stopped = true;
    say("clash", words.changedElsewhere);
    form.dispatchEvent(new CustomEvent("compose:clash"));
  }

  function settle(answer, sent) {
    if (answer.state === "ok") {
      version = answer.data.version;
      form.dataset.version = version;
      kept = sent;
      failures = 0;
      notices.hide("ended", "failed", "refused");
      say("saved", words.savedAt.replace("{time}", answer.data.saved_at));
      onSaved(answer.data);
    } else if (answer.state === "clash") {
      clash();
    } else if (answer.state === "ended") {
      say("failed", words.notSaved);
      notices.show("ended");
    } else if (answer.state === "refused") {
      say("failed", words.notSaved);
      notices.show("refused", answer.data.message);
    } else {
      say(navigator.onLine ? "failed" : "offline", navigator.onLine ? words.willTryAgain : words.offline);
      plan(RETRIES[Math.min(failures, RETRIES.length - 1)]);
      failures += 1;
    }
    return answer.state === "ok";
  }

  /** Save now unless nothing changed. True when the server has everything. */
  async function save() {
    clearTimeout(timer);
    // More than one may be waiting here; each must see the version the one before it was given.
    while (running) await running;
    if (stopped) return false;
    if (!isDirty()) return true;
    const body = read();
    const sent = JSON.stringify(body);
    say("saving", words.saving);
    running = post(form.dataset.saveUrl, { version, body }).then((answer) => settle(answer, sent));
    const saved = await running;
    running = null;
    if (saved && isDirty()) plan(QUIET);
    return saved;
  }

  form.addEventListener("input", () => {
    if (label.dataset.state === "saved" && isDirty()) say("", "");
    plan(QUIET);
  });
  form.addEventListener("change", () => plan(SOON));
  form.addEventListener("compose:changed", (event) => plan(event.detail?.soon ? SOON : QUIET));
  window.addEventListener("online", () => isDirty() && plan(0));
  window.addEventListener("offline", () => say("offline", words.offline));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && isDirty()) save();
  });
  window.addEventListener("pagehide", () => {
    if (stopped || running || !isDirty()) return;
    post(form.dataset.saveUrl, { version, body: read() }, { keepalive: true });
  });
  window.addEventListener("beforeunload", (event) => {
    if (!form.dataset.leaving && isDirty() && (stopped || failures || ["failed", "offline"].includes(label.dataset.state))) {
      event.preventDefault();
    }
  });

  return {
    flush: save,
    version: () => version,
    isDirty,
    clash,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
    resume() {
      stopped = false;
      plan(QUIET);
    },
    idle: () => running ?? Promise.resolve(true),
  };
}
