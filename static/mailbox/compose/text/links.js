// Links: which targets may stand in a letter (the same rule as the server's), and the panel
// that asks for one.

const EDGES = /^[\u0000-\u0020]+|[\u0000-\u0020]+$/gu;
const WEB = /^https?:\/\/[^\s/\\?#\u0000-\u0020\u007f-\u009f][^\u0000-\u0020\u007f-\u009f\\<>"]*$/iu;
const OTHER = /^(?:mailto|tel):[^\u0000-\u001f\u007f-\u009f\\<>"]*$/iu;
const ADDRESS = /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/u;
const HOST = /^[\w\u0e00-\u0e7f-]+(?:\.[\w\u0e00-\u0e7f-]+)+(?:[/?#:]|$)/u;

/** A link's target as it may be sent, or "" where it leads nowhere we let it. */
export function linkOf(text) {
  const url = text.replace(EDGES, "").replace(/[\t\n\r]/gu, "").replace(/ /gu, "%20");
  return url.length <= 8192 && (WEB.test(url) || OTHER.test(url)) ? url : "";
}

/** What somebody types for a link: a bare host or address is meant as one. */
export function typedLink(text) {
  const typed = text.trim();
  if (ADDRESS.test(typed)) return linkOf(`mailto:${typed}`);
  if (HOST.test(typed)) return linkOf(`https://${typed}`);
  return linkOf(typed);
}

/** The panel under the toolbar. Returns {open}. */
export function attachLinks(toolbar, squire) {
  const panel = toolbar.querySelector("[data-link-panel]");
  const target = panel.querySelector("[data-link-target]");
  const words = panel.querySelector("[data-link-words]");
  const wrong = panel.querySelector("[data-link-wrong]");
  const remove = panel.querySelector('[data-link="remove"]');
  let there = null;

  function linkAt() {
    const node = squire.getSelection().startContainer;
    return (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest?.("[data-rich] a") ?? null;
  }

  function open() {
    there = linkAt();
    const chosen = squire.getSelectedText().trim();
    words.value = there ? there.textContent : chosen;
    target.value = there ? there.getAttribute("href") : typedLink(chosen) || "";
    wrong.hidden = true;
    remove.hidden = !there;
    panel.hidden = false;
    (target.value || !chosen ? words : target).focus();
    if (chosen || there) target.focus();
    target.select();
  }

  function close() {
    panel.hidden = true;
    squire.focus();
  }

  function make() {
    const url = typedLink(target.value);
    if (!url) {
      wrong.hidden = false;
      target.setAttribute("aria-invalid", "true");
      return target.focus();
    }
    target.removeAttribute("aria-invalid");
    const text = words.value.trim() || target.value.trim();
    close();
    if (there) {
      squire.saveUndoState();
      there.setAttribute("href", url);
      if (there.textContent !== text) there.textContent = text;
      squire.fireEvent("input");
    } else if (squire.getSelectedText().trim() === text) {
      squire.makeLink(url);
    } else {
      const link = document.createElement("a");
      link.setAttribute("href", url);
      link.textContent = text;
      squire.insertElement(link);
    }
  }

  panel.addEventListener("click", (event) => {
    const deed = event.target.closest("[data-link]")?.dataset.link;
    if (deed === "make") make();
    else if (deed === "remove") {
      close();
      squire.removeLink();
    } else if (deed === "close") close();
  });
  panel.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.code === "Enter" && event.target.matches("input")) make();
    else if (event.code === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { open };
}
