// The check before sending: advice beside the letter, never a lock on it.

const ENCLOSED = /แนบ|สิ่งที่ส่งมาด้วย|เอกสารประกอบ|\battach|\benclos/iu;
const CROWD = 10; // from here on, say that everybody sees everybody

/** Keep the list of advice true. `ask` gives recipients, files and text. */
export function attachAdvice(form, { recipients, files, editor }) {
  const list = form.querySelector("[data-precheck]");
  const words = form.querySelector("[data-words]").dataset;
  const subject = form.querySelector("[data-subject]");
  const templates = (kind) => form.querySelector(`template[data-advice="${kind}"]`);
  let shown = "";

  function line(kind, text, detail) {
    const item = templates(kind).content.firstElementChild.cloneNode(true);
    item.querySelector("[data-advice-text]").textContent = text;
    const small = item.querySelector("small");
    small.textContent = detail || "";
    small.hidden = !detail;
    return item;
  }

  function advice() {
    const found = [];
    const people = recipients.all();
    const outside = people.filter((one) => one.external ?? !one.agency);
    const visible = recipients.visible().length;
    const promised = ENCLOSED.test(`${subject.value}\n${editor.text()}`);
    if (!people.length) found.push(["soft", words.noRecipient]);
    if (outside.length) {
      const names = outside.slice(0, 3).map((one) => one.name || one.address);
      found.push(["warn", words.outsiders.replace("{count}", outside.length), names.join(" · ")]);
    }
    if (visible >= CROWD) found.push(["people", words.crowd.replace("{count}", visible), words.crowdHint]);
    if (!subject.value.trim()) found.push(["warn", words.noSubject]);
    if (files.pending()) found.push(["wait", words.filesWaiting.replace("{count}", files.pending())]);
    if (promised && !files.count() && !files.pending()) found.push(["warn", words.noFile, words.noFileHint]);
    if (promised && files.count()) found.push(["ok", words.hasFile]);
    if (people.length && subject.value.trim()) found.push(["ok", words.complete]);
    return found;
  }

  function refresh() {
    const found = advice();
    const text = JSON.stringify(found);
    if (text === shown) return;
    shown = text;
    list.replaceChildren(...found.map((one) => line(...one)));
    const count = recipients.all().length;
    const label = form.querySelector("[data-send-label]");
    label.textContent = count > 1 ? words.sendTo.replace("{count}", count) : words.sendOne;
  }

  let timer = 0;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 150);
  };
  for (const name of ["input", "compose:changed", "compose:files", "compose:described"]) {
    form.addEventListener(name, later);
  }
  form.querySelector("[data-advice-card]").hidden = false;
  refresh();
}
