// Shows what the server tells a device while no page is open (docs/notices.md). It answers no request, and keeps nothing but what this browser was given
// out last (the page has put it there): pages come from the server as without it.
self.addEventListener("push", (event) => {
  const { title, body, lang, tag, link } = event.data.json();
  const shown = { body, lang, tag, renotify: true, icon: "/icon-192.png", badge: "/badge.png", data: link };
  event.waitUntil(self.registration.showNotification(title, shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(new URL(event.notification.data, self.location.origin)));
});

// A page that shows it already comes to the front; else there is a new one.
async function show(link) {
  if (link.origin !== self.location.origin) return;
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((page) => new URL(page.url).pathname === link.pathname);
  await (there ? there.focus() : self.clients.openWindow(link));
}

// The push service has given this browser another address, or none any more. The server is told the one before, whose secret is the proof.
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(event));
});

async function renew({ oldSubscription, newSubscription }) {
  const kept = await self.caches.open("push");
  const known = await (await kept.match("/push/known"))?.json();
  const before = known ?? (oldSubscription ? given(oldSubscription) : null);
  if (before === null) return;
  const { pushManager } = self.registration;
  const now = given(newSubscription ?? (await pushManager.getSubscription()) ?? (await again(pushManager, before.key)));
  if (now.endpoint === before.endpoint) return;
  const { endpoint, auth } = before;
  const body = JSON.stringify({ endpoint: now.endpoint, p256dh: now.p256dh, auth: now.auth, before: { endpoint, auth } });
  const headers = { "Content-Type": "application/json" };
  const answer = await self.fetch("/api/v1/push-devices/renewals", { method: "POST", body, headers, credentials: "omit" });
  if (answer.ok) await kept.put("/push/known", new Response(JSON.stringify(now)));
}

function again(pushManager, applicationServerKey) {
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
}

function given(subscription) {
  const key = subscription.options.applicationServerKey;
  return {
    endpoint: subscription.endpoint,
    p256dh: base64url(subscription.getKey("p256dh")),
    auth: base64url(subscription.getKey("auth")),
    key: key === null ? null : base64url(key),
  };
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
