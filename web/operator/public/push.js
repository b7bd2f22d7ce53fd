// Shows what the server tells a device while no page is open (docs/notices.md). It keeps no file and answers no request: pages come from the
// server as without it.
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
