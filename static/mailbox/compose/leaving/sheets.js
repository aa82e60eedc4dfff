// Sheets over the page: what is serious about the letter before it leaves, and what it will
// look like. They are <dialog>s: Esc closes, the focus stays inside and goes back after.

/** Ask about `advice` once; resolves to "send", or what to do instead. */
export function askBeforeSending(form, advice, line) {
  const sheet = document.querySelector("[data-sheet=check]");
  const list = sheet.querySelector("[data-sheet-list]");
  list.replaceChildren(...advice.map((one) => line({ ...one, deed: "" })));
  return new Promise((resolve) => {
    sheet.returnValue = "";
    sheet.addEventListener("close", () => resolve(sheet.returnValue), { once: true });
    sheet.showModal();
    sheet.querySelector("[value=back]").focus();
  });
}

/** Show the letter as its readers will see it: a page of ours in a frame. */
export async function showPreview(form, autosave) {
  const sheet = document.querySelector("[data-sheet=preview]");
  await autosave.flush();
  sheet.querySelector("iframe").setAttribute("src", form.dataset.previewUrl);
  sheet.showModal();
}

/** The buttons inside close their sheet and say which they were. */
export function attachSheets() {
  for (const sheet of document.querySelectorAll("[data-sheet]")) {
    sheet.addEventListener("click", (event) => {
      const button = event.target.closest("button[value]");
      if (button) sheet.close(button.value);
      else if (event.target === sheet) sheet.close("");
    });
  }
}
