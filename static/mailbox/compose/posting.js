// Speaking with the server: one way to post, and one word for each way it can fail.

/** The token of this moment: it changes when somebody signs in again in another window. */
export function csrfToken() {
  const match = document.cookie.match(/(?:^|;\s*)(?:__Host-)?csrftoken=([^;]+)/u);
  return match ? match[1] : "";
}

export const HEADERS = () => ({ "X-CSRFToken": csrfToken(), Accept: "application/json" });

/** What an answer means: ok, clash, ended, refused or failed; with the server's sentence if any. */
export function meaning(status, type, text) {
  const isJson = (type || "").includes("application/json");
  let data = {};
  if (isJson) {
    try {
      data = JSON.parse(text);
    } catch {
      return { state: "failed", data };
    }
  }
  if (status === 409) return { state: "clash", data };
  if (status === 401 || status === 403) return { state: "ended", data };
  if (status >= 500 || status === 0) return { state: "failed", data };
  if (status >= 400) return { state: "refused", data };
  // A page instead of JSON is the sign-in page, reached by a redirect.
  return isJson ? { state: "ok", data } : { state: "ended", data };
}

/** Post a JSON value. Never throws; `state` says what became of it. */
export async function post(url, value, { keepalive = false } = {}) {
  try {
    const response = await fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: { ...HEADERS(), "Content-Type": "application/json" },
      body: JSON.stringify(value),
      keepalive,
    });
    return meaning(response.status, response.headers.get("Content-Type"), await response.text());
  } catch {
    return { state: "failed", data: {} };
  }
}
