// Whether the portal can be reached. While it cannot, a bar says so and stays: what is on the
// page is neither empty nor wrong, only not new. Anything that comes through takes it away.

const place = document.getElementById("connection");
const sentence = document.getElementById("say-no-connection");
let isLost = false;

function lost() {
  if (isLost || !place || !sentence) return;
  isLost = true;
  place.replaceChildren(sentence.content.cloneNode(true));
}

function found() {
  if (!isLost) return;
  isLost = false;
  place.replaceChildren();
  window.htmx.trigger(document.body, "portal:look");
}

window.addEventListener("offline", lost);
window.addEventListener("online", found);
document.addEventListener("htmx:sendError", lost);
document.addEventListener("htmx:timeout", lost);
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.xhr?.status > 0) found();
});
document.addEventListener("portal:connected", found);
place?.addEventListener("click", (event) => {
  if (event.target.closest("[data-retry-connection]")) window.htmx.trigger(document.body, "portal:look");
});
if (navigator.onLine === false) lost();

// A letter that did not come leaves its own sentence where it would have stood.
function failed(event) {
  const { target, xhr, elt } = event.detail;
  const words = document.getElementById("say-unopened");
  if (target?.id !== "reader" || !words || (xhr.status >= 400 && xhr.status < 500)) return;
  const reader = document.getElementById("reader");
  reader.removeAttribute("data-thread");
  reader.replaceChildren(words.content.cloneNode(true));
  reader.querySelector("button").addEventListener("click", () => elt.click());
}
document.addEventListener("htmx:sendError", failed);
document.addEventListener("htmx:responseError", failed);
