// How many conversations of the inbox are unread: before the title, on the page's icon, and,
// where the person wanted it, in a notice of the browser that says no more than that.

const icon = document.querySelector('link[rel="icon"]');
const calm = icon?.getAttribute("href");
const NUMBER = /^\(\d+\) /u;
let last = unread();

function unread() {
  const count = document.querySelector('#folders [data-place="inbox"] .count');
  return Number.parseInt(count?.textContent ?? "0", 10) || 0;
}

function show() {
  const count = unread();
  const title = document.title.replace(NUMBER, "");
  document.title = count ? `(${count}) ${title}` : title;
  const wanted = count ? icon?.dataset.unread : calm;
  if (icon && wanted && icon.getAttribute("href") !== wanted) icon.setAttribute("href", wanted);
  if (count > last && document.hidden) tell();
  last = count;
}

function tell() {
  const sentence = document.getElementById("say-mail");
  if (!("notices" in document.body.dataset) || !sentence) return;
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const notice = new Notification(sentence.content.textContent.trim(), { tag: "govmail", icon: calm });
  notice.addEventListener("click", () => {
    window.focus();
    notice.close();
  });
}

document.addEventListener("htmx:afterSettle", show);
document.addEventListener("htmx:oobAfterSwap", show);
document.addEventListener("htmx:pushedIntoHistory", show);
show();
