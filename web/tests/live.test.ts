import { QueryClient } from "@tanstack/react-query";
import { client, stream, type Command, type LiveEvent, type Page, type SessionDetail, type Station } from "@stationmaster/api";
import { describe, expect, it, vi } from "vitest";
import { keepFresh } from "../operator/src/live/cache";
import { station } from "./factories";

/** A page whose stream is in the test's hand, and an answer that comes when it is told to. */
function page() {
  const listen = vi.spyOn(stream, "listen");
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  keepFresh(queries);
  const hear = listen.mock.calls.at(-1)?.[0] ?? (() => undefined);
  listen.mockRestore();
  function asked<T>(queryKey: string[]) {
    let answer: (value: T) => void = () => undefined;
    let fail: (error: Error) => void = () => undefined;
    const queryFn = () => new Promise<T>((resolve, reject) => ([answer, fail] = [resolve, reject]));
    const ended = queries.fetchQuery({ queryKey, queryFn }).catch(() => undefined);
    return { answer: (value: T) => (answer(value), ended), fail: () => (fail(new Error("gone")), ended) };
  }
  return { queries, hear, asked };
}

const AT = "2026-05-04T10:00:00Z";
const away = { type: "station_disconnected", at: AT, station: "CP-1" } as LiveEvent;
const back = { ...away, type: "station_connected", at: "2026-05-04T10:00:01Z" } as LiveEvent;
const reading = { type: "session_updated", station: "CP-1", session: "S", at: AT, energy_wh: 5, session_energy_wh: 3, power_w: 7, soc_percent: null } as LiveEvent;
const sent = { type: "command", station: "CP-1", id: "C", action: "Reset", status: "accepted" } as unknown as LiveEvent;

// The fleet listens from the moment it is loaded.
const listening = vi.spyOn(stream, "listen");
const { fleetStore } = await import("../operator/src/live/fleet");
const hear = listening.mock.calls.at(-1)?.[0] ?? (() => undefined);
listening.mockRestore();

describe("what is told while something is fetched", () => {
  it("is not undone by an answer that was written before: a charger that went offline stays so", async () => {
    const { queries, hear, asked } = page();
    await asked<Station>(["station", "CP-1"]).answer(station());
    const again = asked<Station>(["station", "CP-1"]);
    hear([away]);
    await again.answer(station());
    expect(queries.getQueryData<Station>(["station", "CP-1"])?.connected).toBe(false);
  });
  it("counts in the first answer too, and in its order", async () => {
    for (const [events, connected] of [[[away], false], [[away, back], true], [[back, away], false]] as const) {
      const { queries, hear, asked } = page();
      const first = asked<Station>(["station", "CP-1"]);
      hear([...events]);
      await first.answer(station());
      expect(queries.getQueryData<Station>(["station", "CP-1"])?.connected).toBe(connected);
    }
  });
  it("is forgotten with the fetch it was told in, also with one that failed", async () => {
    const { queries, hear, asked } = page();
    for (const end of ["answer", "fail"] as const) {
      const first = asked<Station>(["station", "CP-1"]);
      hear([away]);
      await first[end](station());
      await queries.invalidateQueries({ queryKey: ["station", "CP-1"], refetchType: "none" });
      await asked<Station>(["station", "CP-1"]).answer(station());
      expect(queries.getQueryData<Station>(["station", "CP-1"])?.connected).toBe(true);
      queries.clear();
    }
  });
  it("is there once, although the answer has it already", async () => {
    const { queries, hear, asked } = page();
    const commands = asked<Page<Command>>(["commands", "CP-1"]);
    const session = asked<SessionDetail>(["session", "S"]);
    hear([sent, reading]);
    await commands.answer({ items: [sent as unknown as Command], next: null });
    await session.answer({ meter_values: [{ at: AT }], series: [{ at: AT, energy_wh: 3 }] } as SessionDetail);
    expect(queries.getQueryData<Page<Command>>(["commands", "CP-1"])?.items).toHaveLength(1);
    const seen = queries.getQueryData<SessionDetail>(["session", "S"]);
    expect([seen?.meter_values.length, seen?.series.length]).toEqual([1, 1]);
  });
  it.each(["reload", "load"] as const)("counts in the fleet as well, when it does %s", async (question) => {
    fleetStore.clear();
    fleetStore.watch(() => undefined);
    let answer: () => void = () => undefined;
    const data = question === "load" ? { items: [station()], next: null } : station();
    const get = vi.spyOn(client, "GET").mockReturnValue(
      new Promise((resolve) => (answer = () => { resolve({ data, response: new Response() }); })) as never,
    );
    const ended = fleetStore[question]("CP-1");
    hear([away]);
    answer();
    await ended;
    get.mockRestore();
    expect(fleetStore.fleet.get("CP-1")?.connected).toBe(false);
  });
});
