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
    expect([...heard.keys()]).toEqual(["push", "notificationclick"]);
  });
});
