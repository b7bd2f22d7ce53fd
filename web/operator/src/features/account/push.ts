import { answered, client, type PushDeviceTest } from "@stationmaster/api";
import { queryOptions } from "@tanstack/react-query";

/** What keeps this browser from being told things while the page is closed; null: nothing. */
export type Hindrance = "insecure" | "home-screen" | "unsupported" | "refused";

export function hindrance(): Hindrance | null {
  if (!window.isSecureContext) return "insecure";
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    // Only Safari on a phone says whether it runs from the home screen, and it can do this only from there.
    return "standalone" in navigator && navigator.standalone !== true ? "home-screen" : "unsupported";
  }
  return Notification.permission === "denied" ? "refused" : null;
}

/** One's devices, what a browser needs to become one, and which of them is this browser. */
export const devicesQuery = () =>
  queryOptions({
    queryKey: ["push-devices"],
    queryFn: async ({ signal }) => {
      const { offered, key, items } = await answered(client.GET("/api/v1/me/push-devices", { signal }));
      return { offered, key, items, here: await here(key, new Set(items.map(({ id }) => id))) };
    },
  });

/** The id of this browser. One that is not ours any more, removed from elsewhere or somebody else's, is told nothing here any more. */
async function here(key: string, ids: ReadonlySet<string>): Promise<string | null> {
  if (hindrance() !== null) return null;
  const subscription = await subscribed();
  if (subscription === null) return null;
  const id = await idOf(subscription);
  const { applicationServerKey: before } = subscription.options;
  if (ids.has(id) && before !== null && base64url(before) === key) {
    await remember(subscription, key);
    return id;
  }
  await subscription.unsubscribe();
  await forget();
  return null;
}

/** Tell this browser things from now on. False where its person does not allow it. */
export async function switchOn(key: string): Promise<boolean> {
  if ((await Notification.requestPermission()) !== "granted") return false;
  await navigator.serviceWorker.register("/push.js");
  const { pushManager } = await navigator.serviceWorker.ready;
  const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const [p256dh, auth] = [subscription.getKey("p256dh"), subscription.getKey("auth")];
  if (p256dh === null || auth === null) return false;
  const body = { endpoint: subscription.endpoint, p256dh: base64url(p256dh), auth: base64url(auth) };
  await answered(client.POST("/api/v1/me/push-devices", { body }));
  await remember(subscription, key);
  return true;
}

/** Send one of them a test; what came of it. */
export async function test(id: string): Promise<PushDeviceTest> {
  return answered(client.POST("/api/v1/me/push-devices/{device_id}/test", { params: { path: { device_id: id } } }));
}

/** Tell one of them nothing any more. */
export async function remove(id: string): Promise<void> {
  await answered(client.DELETE("/api/v1/me/push-devices/{device_id}", { params: { path: { device_id: id } } }));
}

/** For the service worker, which is told when this address is replaced, but not in every browser what it was. */
async function remember(subscription: PushSubscription, key: string): Promise<void> {
  const [p256dh, auth] = [subscription.getKey("p256dh"), subscription.getKey("auth")];
  if (p256dh === null || auth === null) return;
  const known = { endpoint: subscription.endpoint, p256dh: base64url(p256dh), auth: base64url(auth), key };
  await (await caches.open("push")).put("/push/known", new Response(JSON.stringify(known)));
}

async function forget(): Promise<void> {
  await caches.delete("push");
}

async function subscribed(): Promise<PushSubscription | null> {
  const worker = await navigator.serviceWorker.getRegistration();
  return (await worker?.pushManager.getSubscription()) ?? null;
}

/** What the server calls it. */
async function idOf({ endpoint }: PushSubscription): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint)));
  return Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function base64url(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
