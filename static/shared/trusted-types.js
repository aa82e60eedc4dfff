// Whatever wants to turn a string into markup passes here (Trusted Types; the policy of the
// pages asks for it). Markup with a script, a handler or a document inside is refused, and a
// string never becomes a script. Browsers without Trusted Types have the policy alone.
// A classic script: it must stand before everything else runs, in Django's admin too.

(() => {
  if (!window.trustedTypes || !window.trustedTypes.createPolicy) return;

  const SUSPECT = /<(?:script|iframe|base|object|embed|meta)|[\s"'/](?:on|(?:data-)?hx-on)[a-z:-]*\s*=|srcdoc/i;
  const REFUSED = "script, base, object, embed, meta[http-equiv], iframe:not([sandbox]), [srcdoc]";
  // For looking at markup in a document where nothing runs; used nowhere else.
  const inspector = window.trustedTypes.createPolicy("portal-inspector", { createHTML: (text) => text });

  const acts = (name) => /^on|^(?:data-)?hx-on/.test(name);
  function isClean(root) {
    if (root.querySelector(REFUSED)) return false;
    for (const element of root.querySelectorAll("*")) {
      if (element.getAttributeNames().some(acts)) return false;
      if (element.localName === "template" && !isClean(element.content)) return false;
    }
    return true;
  }

  window.trustedTypes.createPolicy("default", {
    createHTML(text) {
      if (!SUSPECT.test(text)) return text;
      const page = new DOMParser().parseFromString(inspector.createHTML(text), "text/html");
      return isClean(page) ? text : null;
    },
    createScript: () => null,
    createScriptURL: () => null,
  });
})();
