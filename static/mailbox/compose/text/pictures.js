// Pictures in the text: pasted, dropped or written into pasted markup. Each is uploaded as a part
// of the letter and shown under its own address; nothing stays in the markup as data.

const SHOWN = /^image\/(?:png|jpe?g|gif|webp)$/u;
const DATA = /^data:(image\/(?:png|jpe?g|gif|webp));base64,([a-z0-9+/=\s]+)$/iu;

export const isPicture = (file) => SHOWN.test(file.type);

function fileOf(source, number) {
  const match = source.match(DATA);
  if (!match) return null;
  try {
    const bytes = Uint8Array.from(atob(match[2].replace(/\s/gu, "")), (letter) => letter.charCodeAt(0));
    const kind = match[1].toLowerCase();
    return new File([bytes], `picture-${number}.${kind.slice(6).replace("jpeg", "jpg")}`, { type: kind });
  } catch {
    return null;
  }
}

/** Give pictures to `files` and their places in the text to what comes back. */
export function attachPictures(rich, squire, files, changed) {
  let number = 0;

  function settle(mark, file) {
    for (const image of rich.querySelectorAll(`img[data-picture="${mark}"]`)) {
      if (!file) image.remove();
      else {
        image.setAttribute("src", file.source);
        image.removeAttribute("data-picture");
      }
    }
    changed();
  }

  function send(file) {
    const mark = String((number += 1));
    files().take([file], { picture: true, done: (kept) => settle(mark, kept) });
    return mark;
  }

  return {
    /** Take the pictures out of a pasted fragment; their places wait for the upload. */
    lift(fragment) {
      for (const image of fragment.querySelectorAll("img")) {
        const source = image.getAttribute("src") ?? "";
        if (/^attachment\/\d{1,4}\/$/u.test(source)) continue;
        const own = source.match(/\/mail\/compose\/[\w-]+\/(attachment\/\d{1,4}\/)$/u);
        if (own && source.startsWith(window.location.href.split("?")[0])) {
          image.setAttribute("src", own[1]);
          continue;
        }
        const file = fileOf(source, number + 1);
        image.removeAttribute("src");
        if (file) image.setAttribute("data-picture", send(file));
        else image.remove();
      }
      return fragment;
    },
    /** Put picture files where the cursor is. */
    insert(list) {
      for (const file of list) {
        const image = document.createElement("img");
        image.setAttribute("alt", "");
        image.setAttribute("data-picture", send(file));
        squire.insertElement(image);
      }
    },
  };
}
