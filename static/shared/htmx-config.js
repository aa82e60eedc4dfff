// How htmx behaves here: nothing is evaluated, nothing of a page is kept on the
// computer, and an answer that says what went wrong is shown, whatever its status.

const htmx = window.htmx;

Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  scrollBehavior: "auto",
  // What is put in answers at once: a key pressed in between would send its form without htmx.
  defaultSettleDelay: 0,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "[45]..", swap: true, error: true },
  ],
});

// An error never replaces what is being read: its sentence goes to the foot of the page.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (xhr.status < 400 || requestConfig.elt.closest("[data-errors-here]")) return;
  const toasts = document.getElementById("toasts");
  if (!toasts) return;
  // The reader has a sentence of its own for a letter that did not come (mailbox/connection.js).
  if (xhr.status >= 500 && event.detail.target.id === "reader") {
    event.detail.shouldSwap = false;
    return;
  }
  event.detail.target = toasts;
  event.detail.swapOverride = "innerHTML";
  event.detail.shouldSwap = xhr.status < 500;
  if (xhr.status >= 500) show("failed");
});

// The sentences stand in the page, in the reader's language: <template id="say-offline">.
function show(name) {
  const sentence = document.getElementById(`say-${name}`);
  const toasts = document.getElementById("toasts");
  if (sentence && toasts) toasts.replaceChildren(sentence.content.cloneNode(true));
}
