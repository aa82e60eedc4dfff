// One file in the list: on its way with share and seconds left, attached, or failed with a reason.

export function sizeText(bytes) {
  const units = [[1024 ** 2, "MB", 1], [1024, "KB", 0]];
  const [unit, name, digits] = units.find(([least]) => bytes >= least) ?? [1, "B", 0];
  return `${(bytes / unit).toFixed(digits)} ${name}`;
}

export class Row {
  constructor(form, list, file) {
    this.words = form.querySelector("[data-words]").dataset;
    this.file = file;
    this.element = form.querySelector("template[data-upload]").content.firstElementChild.cloneNode(true);
    this.find(".upload__name").textContent = file.name;
    this.find("[data-stop]").setAttribute("aria-label", `${this.words.stopFile} ${file.name}`);
    this.find(".meter").setAttribute("aria-label", file.name);
    list.append(this.element);
    this.wait();
  }

  find(name) {
    return this.element.querySelector(name);
  }

  say(text) {
    this.find(".upload__state").textContent = text;
  }

  wait() {
    this.began = 0;
    this.element.classList.remove("upload--failed");
    this.find(".meter").hidden = false;
    this.find(".upload__fix").hidden = true;
    this.say(this.words.waiting);
  }

  progress(sent, total) {
    const now = performance.now();
    if (!this.began) [this.began, this.from] = [now, sent];
    const share = total ? Math.min(100, Math.round((sent / total) * 100)) : 100;
    const rate = (sent - this.from) / Math.max(1, now - this.began); // bytes a millisecond
    const seconds = rate > 0 && now - this.began > 700 ? Math.ceil((total - sent) / rate / 1000) : 0;
    const left = seconds ? ` · ${this.words.secondsLeft.replace("{count}", seconds)}` : "";
    const of = this.words.sentOf.replace("{sent}", sizeText(sent)).replace("{total}", sizeText(total));
    this.say(`${share}% · ${of}${left}`);
    const meter = this.find(".meter");
    meter.setAttribute("aria-valuenow", String(share));
    meter.firstElementChild.style.setProperty("--share", `${share}%`);
  }

  fail(reason, { again } = {}) {
    this.element.classList.add("upload--failed");
    this.find(".meter").hidden = true;
    this.say(`${this.words.notAttached} · ${sizeText(this.file.size)}`);
    this.find("[data-reason]").textContent = reason;
    this.find("[data-again]").hidden = !again;
    this.find(".upload__fix").hidden = false;
  }

  finish(file) {
    const { element } = this;
    Object.assign(element.dataset, { file: file.id, size: file.size });
    this.find(".meter").remove();
    this.find(".upload__name").textContent = file.name;
    const state = this.find(".upload__state");
    state.textContent = `${this.words.attached} · ${file.size_text}`;
    state.classList.add("is-ok");
    const stop = this.find("[data-stop]");
    stop.dataset.removeUrl = file.remove_url;
    stop.setAttribute("aria-label", `${this.words.remove} ${file.name}`);
  }

  remove() {
    this.element.remove();
  }
}
