// Register the service worker. Its address is a constant: nothing else may ever become one.

const policy = window.trustedTypes?.createPolicy("portal-worker", { createScriptURL: () => "/sw.js" });

if ("serviceWorker" in navigator) {
  const register = () => navigator.serviceWorker.register(policy ? policy.createScriptURL("") : "/sw.js");
  // After the page: the letter comes first.
  window.addEventListener("load", () => setTimeout(() => register().catch(() => {}), 2000));
}
