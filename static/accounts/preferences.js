// The browser is asked whether it may show notices only when somebody wants them: by this click.

const wanted = document.querySelector('input[name="wants_notices"]');
const refused = document.getElementById("notices-refused");

async function ask() {
  if (!wanted.checked) {
    refused.hidden = true;
    return;
  }
  const answer = "Notification" in window ? await Notification.requestPermission() : "denied";
  wanted.checked = answer === "granted";
  refused.hidden = answer === "granted";
}

wanted?.addEventListener("change", ask);
