/* A calendar beside every line for a day, in the reader's era. The line itself takes typing in
   any manner; without this script nothing is lost. Buttons are found by delegation, because
   Django copies whole rows of a form. */

const DAYS = { th: ["อา.", "จ.", "อ.", "พ.", "พฤ.", "ศ.", "ส."], en: ["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"] };
const thai = (document.documentElement.lang || "th").startsWith("th");
const WORDS = thai
  ? { open: "เปิดปฏิทิน", before: "เดือนก่อน", after: "เดือนถัดไป", today: "วันนี้", year: "ปี" }
  : { open: "Open the calendar", before: "Month before", after: "Month after", today: "Today", year: "Year" };

let sheet = null; // { box, line, year, month }: the calendar that is open

function made(name, classes, text, label) {
  const element = document.createElement(name);
  element.className = classes;
  element.textContent = text;
  if (name === "button") element.type = "button";
  if (label) element.setAttribute("aria-label", label);
  return element;
}

function months(line) {
  return JSON.parse(line.dataset.months);
}

function ahead(line) {
  return line.dataset.era === "be" ? 543 : 0;
}

/* The day that stands in the line, if it is in the form we write ourselves; else today. */
function dayIn(line) {
  const figures = line.value.replace(/[๐-๙]/g, (each) => String("๐๑๒๓๔๕๖๗๘๙".indexOf(each)));
  const parts = figures.trim().split(/\s+/);
  const month = months(line).indexOf(parts[1]);
  const year = Number(parts[2]);
  if (parts.length !== 3 || month < 0 || !year || !Number(parts[0])) return new Date();
  return new Date(year >= 2400 ? year - 543 : year, month, Number(parts[0]));
}

function choose(day) {
  const line = sheet.line;
  line.value = `${day.getDate()} ${months(line)[day.getMonth()]} ${day.getFullYear() + ahead(line)}`;
  line.dispatchEvent(new Event("change", { bubbles: true }));
  close();
  line.focus();
}

function close() {
  sheet?.box.remove();
  sheet = null;
}

function turn(by) {
  const day = new Date(sheet.year, sheet.month + by, 1);
  sheet.year = day.getFullYear();
  sheet.month = day.getMonth();
  draw();
}

function head() {
  const bar = made("div", "era__bar", "");
  const before = made("button", "era__turn", "‹", WORDS.before);
  const after = made("button", "era__turn", "›", WORDS.after);
  before.addEventListener("click", () => turn(-1));
  after.addEventListener("click", () => turn(1));
  const year = made("input", "era__year", "", WORDS.year);
  year.inputMode = "numeric";
  year.value = String(sheet.year + ahead(sheet.line));
  year.addEventListener("change", () => {
    const typed = Number(year.value);
    if (typed > 1800 && typed < 2800) sheet.year = typed >= 2400 ? typed - 543 : typed;
    draw();
  });
  bar.append(before, made("span", "era__month", months(sheet.line)[sheet.month]), year, after);
  return bar;
}

function grid() {
  const table = made("div", "era__grid", "");
  for (const name of DAYS[thai ? "th" : "en"]) table.append(made("span", "era__name", name));
  const first = new Date(sheet.year, sheet.month, 1);
  const now = dayIn(sheet.line).toDateString();
  for (let n = 0; n < first.getDay(); n += 1) table.append(made("span", "", ""));
  const day = new Date(first);
  while (day.getMonth() === sheet.month) {
    const own = new Date(day);
    const button = made("button", "era__day", String(day.getDate()));
    if (own.toDateString() === now) button.setAttribute("aria-current", "date");
    button.addEventListener("click", () => choose(own));
    table.append(button);
    day.setDate(day.getDate() + 1);
  }
  return table;
}

function draw() {
  const today = made("button", "era__today", WORDS.today);
  today.addEventListener("click", () => choose(new Date()));
  sheet.box.replaceChildren(head(), grid(), today);
}

function open(button) {
  const line = button.previousElementSibling;
  const again = sheet?.line === line;
  close();
  if (again) return;
  const day = dayIn(line);
  const box = made("div", "era__sheet", "");
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-label", WORDS.open);
  sheet = { box, line, year: day.getFullYear(), month: day.getMonth() };
  button.after(box);
  draw();
}

function attach(root) {
  for (const line of root.querySelectorAll("input.era")) {
    if (line.nextElementSibling?.classList.contains("era__open")) continue;
    const both = made("span", "era__line", "");
    line.replaceWith(both);
    both.append(line, made("button", "era__open", "▾", WORDS.open));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".era__open");
  if (button) open(button);
  // A button that redrew its own sheet is in the page no more.
  else if (sheet && event.target.isConnected && !sheet.box.contains(event.target)) close();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && sheet) {
    const line = sheet.line;
    close();
    line.focus();
  }
});
document.addEventListener("formset:added", (event) => attach(event.target));
document.addEventListener("DOMContentLoaded", () => attach(document));
