import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { describe, expect, test, vi } from "vitest";

const SOURCE = readFileSync(new URL("../operator/public/push.js", import.meta.url), "utf8");
const ORIGIN = "https://csms.example";

type Heard = (event: object) => void;

/** The service worker with these pages open, and a way to tell it an event. */
function worker(pages: string[]) {
  const heard = new Map<string, Heard>();
  const windows = pages.map((url) => ({ url, focus: vi.fn() }));
  const self = {
    addEventListener: (name: string, hear: Heard) => heard.set(name, hear),
    registration: { showNotification: vi.fn() },
    location: { origin: ORIGIN },
    clients: { matchAll: () => Promise.resolve(windows), openWindow: vi.fn() },
  };
  runInNewContext(SOURCE, { self, URL });
  const tell = async (name: string, event: object) => {
    const works: unknown[] = [];
    heard.get(name)?.({ ...event, waitUntil: (work: unknown) => works.push(work) });
    await Promise.all(works);
  };
  const tap = async (link: string) => {
    const close = vi.fn();
    await tell("notificationclick", { notification: { close, data: link } });
    expect(close).toHaveBeenCalledOnce();
  };
  return { self, windows, heard, tell, tap };
}

const KNOWN = { endpoint: "https://push.example/old", p256dh: "AQI", auth: "AwQ", key: "BQY" };

/** What a browser is given out. */
function subscription(name: string) {
  const bytes = (...all: number[]) => new Uint8Array(all).buffer;
  return { endpoint: `https://push.example/${name}`, options: { applicationServerKey: bytes(5, 6) }, getKey: (key: string) => (key === "auth" ? bytes(9, 9) : bytes(7, 8)) };
}

/** A service worker whose browser remembers this, has this subscription, and reaches a server that answers so. */
function renewing({ known, has, ok = true }: { known: object | null; has: object | null; ok?: boolean }) {
  let kept = known === null ? undefined : JSON.stringify(known);
  const cache = {
    match: () => Promise.resolve(kept === undefined ? undefined : new Response(kept)),
    put: async (_: string, said: Response) => { kept = await said.text(); },
  };
  const subscribe = vi.fn(() => Promise.resolve(subscription("again")));
  const fetch = vi.fn<(address: string, said: { body: string; credentials: string }) => Promise<{ ok: boolean }>>(() => Promise.resolve({ ok }));
  let hear: Heard = () => undefined;
  const self = {
    addEventListener: (name: string, one: Heard) => { if (name === "pushsubscriptionchange") hear = one; },
    registration: { pushManager: { getSubscription: () => Promise.resolve(has), subscribe } },
    caches: { open: () => Promise.resolve(cache) },
    fetch,
  };
  runInNewContext(SOURCE, { self, URL, Response, btoa, Uint8Array });
  const change = async (event: object) => {
    const works: unknown[] = [];
    hear({ oldSubscription: null, newSubscription: null, ...event, waitUntil: (work: unknown) => works.push(work) });
    await Promise.all(works);
    return fetch.mock.calls.map(([address, { body, credentials }]) => ({ address, credentials, ...(JSON.parse(body) as object) }));
  };
  return { change, subscribe, remembered: () => (kept === undefined ? null : (JSON.parse(kept) as { endpoint: string })) };
}

describe("a browser that is given another address", () => {
  const told = { address: "/api/v1/push-devices/renewals", credentials: "omit", p256dh: "Bwg", auth: "CQk", before: { endpoint: KNOWN.endpoint, auth: KNOWN.auth } };

  test("tells the server, with the one before and its secret", async () => {
    const { change, remembered } = renewing({ known: KNOWN, has: null });
    expect(await change({ newSubscription: subscription("new") })).toEqual([{ ...told, endpoint: "https://push.example/new" }]);
    expect(remembered()?.endpoint).toBe("https://push.example/new");
  });

  test("asks for one where it was left without", async () => {
    const { change, subscribe } = renewing({ known: KNOWN, has: null });
    expect(await change({})).toEqual([{ ...told, endpoint: "https://push.example/again" }]);
    expect(subscribe).toHaveBeenCalledWith({ userVisibleOnly: true, applicationServerKey: "BQY" });
  });

  test("knows the one before from the event where the page has put none there", async () => {
    const { change } = renewing({ known: null, has: null });
    const before = { endpoint: "https://push.example/first", auth: "CQk" };
    expect(await change({ oldSubscription: subscription("first"), newSubscription: subscription("new") })).toMatchObject([{ before }]);
  });

  test("says nothing where nobody was told anything, or the address is the same", async () => {
    expect(await renewing({ known: null, has: null }).change({ newSubscription: subscription("new") })).toEqual([]);
    expect(await renewing({ known: KNOWN, has: subscription("old") }).change({})).toEqual([]);
  });

  test("keeps the one before where the server has not taken it", async () => {
    const { change, remembered } = renewing({ known: KNOWN, has: null, ok: false });
    await change({ newSubscription: subscription("new") });
    expect(remembered()?.endpoint).toBe(KNOWN.endpoint);
  });
});

describe("the service worker", () => {
  test("shows what it is told", async () => {
    const { self, tell } = worker([]);
    const told = { title: "Ended", body: "10:00", lang: "de", tag: "t", link: "/my/sessions/1" };
    await tell("push", { data: { json: () => told } });
    expect(self.registration.showNotification).toHaveBeenCalledWith("Ended", expect.objectContaining({ body: "10:00", lang: "de", tag: "t", data: "/my/sessions/1" }));
  });

  test("brings the page to the front that shows it, or opens one", async () => {
    const { self, windows, tap } = worker([`${ORIGIN}/my`, `${ORIGIN}/my/sessions/1`]);
    await tap("/my/sessions/1");
    expect(windows.map(({ focus }) => focus.mock.calls.length)).toEqual([0, 1]);
    expect(self.clients.openWindow).not.toHaveBeenCalled();
    await tap("/my/sessions/2");
    expect(String(self.clients.openWindow.mock.calls[0]?.[0])).toBe(`${ORIGIN}/my/sessions/2`);
  });

  test("goes nowhere else, and answers no request", async () => {
    const { self, heard, tap } = worker([]);
    await tap("https://evil.example/my");
    expect(self.clients.openWindow).not.toHaveBeenCalled();
    expect([...heard.keys()]).toEqual(["push", "notificationclick", "pushsubscriptionchange"]);
  });
});
