// A file on its way to the server in pieces. What has arrived stays: after a lost line the
// server says how far it is, and the rest follows.

import { HEADERS, meaning } from "../posting.js";

const WAITS = [1000, 2000, 4000, 8000, 15000, 30000]; // milliseconds between tries
const MINUTES = 10; // without one byte more, then it is given up

const pause = (time, wake) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, time);
    wake(() => {
      clearTimeout(timer);
      resolve();
    });
  });

/** Ask for JSON. `onProgress` is told the bytes of this request that have gone out. */
function request(method, url, body, { onProgress, hold }) {
  return new Promise((resolve) => {
    const call = new XMLHttpRequest();
    call.open(method, url);
    for (const [name, value] of Object.entries(HEADERS())) call.setRequestHeader(name, value);
    if (body instanceof Blob) call.setRequestHeader("Content-Type", "application/octet-stream");
    if (onProgress) call.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    call.addEventListener("load", () => resolve(meaning(call.status, call.getResponseHeader("Content-Type"), call.responseText)));
    for (const end of ["error", "abort", "timeout"]) call.addEventListener(end, () => resolve({ state: "failed", data: {} }));
    hold(call);
    call.send(body);
  });
}

/** One file going up. start() resolves to {file} or {reason, data}; stop() ends it. */
export class Transfer {
  constructor(file, { beginUrl, picture, onProgress, onWaiting }) {
    Object.assign(this, { file, beginUrl, picture, onProgress, onWaiting });
    this.stopped = false;
    this.url = "";
    this.call = null;
    this.wake = () => {};
    window.addEventListener("online", (this.online = () => this.wake()));
  }

  ask(method, url, body, onProgress) {
    return request(method, url, body, { onProgress, hold: (call) => (this.call = call) });
  }

  stop() {
    this.stopped = true;
    this.call?.abort();
    this.wake();
    if (this.url) fetch(`${this.url}?stop=1`, { method: "POST", headers: HEADERS() }).catch(() => null);
  }

  async start(known) {
    try {
      return await this.run(known);
    } finally {
      window.removeEventListener("online", this.online);
    }
  }

  /** Try again after every failure of the line; what the server refuses is final. */
  async insisting(deed) {
    let tries = 0;
    const until = Date.now() + MINUTES * 60000;
    for (;;) {
      const answer = await deed(tries);
      if (this.stopped) return { state: "stopped", data: {} };
      if (answer.state !== "failed" || Date.now() > until) return answer;
      this.onWaiting();
      await pause(WAITS[Math.min(tries, WAITS.length - 1)], (wake) => (this.wake = wake));
      tries += 1;
    }
  }

  begin() {
    const form = new FormData();
    const { name, type, size } = this.file;
    for (const [key, value] of Object.entries({ name, type, size, picture: this.picture ? 1 : 0 })) form.append(key, value);
    return this.insisting(() => this.ask("POST", this.beginUrl, form));
  }

  async run(known) {
    const began = known ? await this.insisting(() => this.ask("GET", known)) : await this.begin();
    if (began.state !== "ok") return { reason: began.state, data: began.data };
    this.url = known || began.data.url;
    const size = began.data.piece || 1024 * 1024;
    let at = began.data.received;
    for (;;) {
      const answer = await this.insisting((tries) => this.piece(at, size, tries, (to) => (at = to)));
      if (answer.state !== "ok") return { reason: answer.state, data: answer.data };
      if (answer.data.file) return { file: answer.data.file };
      at = answer.data.received;
    }
  }

  async piece(at, size, tries, moveTo) {
    if (tries) {
      const there = await this.ask("GET", this.url);
      if (there.state !== "ok") return there;
      moveTo((at = there.data.received));
    }
    const part = this.file.slice(at, at + size);
    this.onProgress(at);
    return this.ask("POST", `${this.url}?start=${at}`, part, (sent) => this.onProgress(at + sent));
  }
}
