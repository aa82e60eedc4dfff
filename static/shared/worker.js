// The service worker: the frame's own files and one page for a missing network are kept, once,
// when it is installed. No answer is added afterwards, so no mail can ever be in the cache.
// Requests go to the network; only a page that cannot be reached is answered from here.
// KEPT, OFFLINE and NAME come before this, from govmail_portal/app/installing.py.

self.addEventListener("install", (event) => {
  const keep = async () => (await caches.open(NAME)).addAll([OFFLINE, ...KEPT]);
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const old = (await caches.keys()).filter((name) => name !== NAME);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

const isOurs = (url) => url.origin === self.location.origin && KEPT.includes(url.pathname);

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  } else if (isOurs(new URL(request.url))) {
    event.respondWith(fetch(request).catch(async () => (await caches.match(request)) ?? Response.error()));
  }
});
