// When the letter leaves: now, or at one of the times the server worked out for Bangkok, or at
// a time of one's own, with a year of either era.

const BUDDHIST_FROM = 2400;
const AHEAD = 543;

/** A typed date with its year in the Christian era, as the server keeps it; "" if it is none. */
export function inChristianEra(date) {
  const match = date.trim().match(/^(\d{4})-(\d{2})-(\d{2})$/u) ?? turned(date.trim().match(/^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/u));
  if (!match) return "";
  const [year, month, day] = match.slice(1).map(Number);
  const christian = year >= BUDDHIST_FROM ? year - AHEAD : year;
  const made = new Date(Date.UTC(christian, month - 1, day));
  if (made.getUTCMonth() !== month - 1 || made.getUTCDate() !== day) return "";
  return made.toISOString().slice(0, 10);
}

const turned = (match) => match && [match[0], match[3], match[2], match[1]];

const latin = (text) => text.replace(/[๐-๙]/gu, (digit) => String(digit.charCodeAt(0) - 0x0e50));

/** Returns {value, sentence, open}. */
export function attachSchedule(form) {
  const words = form.querySelector("[data-words]").dataset;
  const card = form.querySelector("[data-schedule]");
  const own = card.querySelector("[data-own-time]");
  const [date, time] = ["date", "clock"].map((name) => own.querySelector(`[data-own-${name}]`));
  const wrong = own.querySelector("[data-own-wrong]");
  const chosen = () => card.querySelector("[name=when]:checked");

  function value() {
    const choice = chosen()?.value ?? "";
    if (choice !== "own") return choice;
    const day = inChristianEra(latin(date.value));
    const clock = latin(time.value).match(/^([01]?\d|2[0-3])[:.]([0-5]\d)$/u);
    return day && clock ? `${day}T${clock[1].padStart(2, "0")}:${clock[2]}` : "";
  }

  function sentence() {
    const at = value();
    if (!at) return "";
    const day = new Date(`${at}:00Z`);
    const locale = document.documentElement.lang === "th" ? form.dataset.dateLocale : "en-GB";
    const told = day.toLocaleString(locale, { timeZone: "UTC", weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
    return words.willLeave.replace("{time}", told);
  }

  function refresh() {
    const isOwn = chosen()?.value === "own";
    own.hidden = !isOwn;
    for (const slot of card.querySelectorAll(".slot")) slot.classList.toggle("is-on", slot.contains(chosen()));
    const empty = !date.value || !time.value;
    wrong.hidden = !isOwn || empty || Boolean(value());
  }

  card.addEventListener("change", () => {
    refresh();
    if (chosen()?.value === "own" && document.activeElement === chosen()) date.focus();
    form.dispatchEvent(new CustomEvent("compose:changed", { detail: { soon: true } }));
  });
  own.addEventListener("input", refresh);
  refresh();
  return {
    value,
    sentence,
    isUnfinished: () => chosen()?.value === "own" && !value(),
    now() {
      card.querySelector('[name=when][value=""]').checked = true;
      refresh();
    },
    open() {
      card.scrollIntoView({ block: "nearest" });
      (chosen() ?? card.querySelector("[name=when]")).focus();
    },
  };
}
