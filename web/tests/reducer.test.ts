import { describe, expect, it } from "vitest";
import { applyEvents, needsFetch, type Fleet, type LiveEvent, type Reservation } from "@stationmaster/api";
import { connector, session, station } from "./factories";

const AT = "2026-01-01T10:05:00Z";

function fleet(...stations: ReturnType<typeof station>[]): Fleet {
  return new Map(stations.map((s) => [s.id, s]));
}

function updated(over: Partial<Extract<LiveEvent, { type: "session_updated" }>> = {}): LiveEvent {
  return { type: "session_updated", station: "CP-1", evse: 1, session: "s1", transaction_id: "7", at: AT, energy_wh: 51_500, session_energy_wh: 1500, power_w: 7400, soc_percent: 40, ...over };
}

const started: LiveEvent = { type: "session_started", station: "CP-1", evse: 1, session: session() };

describe("the live fleet", () => {
  it("follows a session from its start to its end", () => {
    let now = applyEvents(fleet(station()), [started, updated()]);
    expect(now.get("CP-1")?.connectors[0]?.session).toEqual({
      id: "s1", token: "CARD1", started_at: "2026-01-01T10:00:00Z", energy_wh: 1500, power_w: 7400, soc_percent: 40,
    });
    now = applyEvents(now, [{ type: "session_ended", station: "CP-1", evse: 1, session: session({ status: "completed", stopped_at: AT }) }]);
    expect(now.get("CP-1")?.connectors[0]?.session).toBeNull();
  });

  it("keeps the energy it had when a reading does not say it", () => {
    const running = { id: "s1", token: "CARD1", started_at: AT, energy_wh: 900, power_w: 1, soc_percent: null };
    const now = applyEvents(fleet(station({ connectors: [connector({ session: running })] })), [updated({ session_energy_wh: null })]);
    expect(now.get("CP-1")?.connectors[0]?.session).toMatchObject({ energy_wh: 900, power_w: 7400, soc_percent: 40 });
  });

  it("does not let news of an old session touch the one that runs now", () => {
    const before = applyEvents(fleet(station()), [{ ...started, session: session({ id: "s2", token: "CARD2" }) }]);
    const now = applyEvents(before, [
      updated({ power_w: 1 }),
      { type: "session_ended", station: "CP-1", evse: 1, session: session({ id: "s1", status: "completed" }) },
    ]);
    expect(now.get("CP-1")?.connectors[0]?.session).toMatchObject({ id: "s2", token: "CARD2", power_w: null });
  });

  it("adds a connector the first time it is reported, in order", () => {
    const report = (evse: number): LiveEvent => ({
      type: "connector_status", station: "CP-1", evse, connector: 1, status: "Charging", error_code: "NoError", info: null, at: AT,
    });
    const now = applyEvents(fleet(station({ connectors: [] })), [report(2), report(1)]);
    expect(now.get("CP-1")?.connectors.map((c) => [c.evse, c.status])).toEqual([[1, "Charging"], [2, "Charging"]]);
  });

  it("takes EVSE 0 for the charger itself", () => {
    const now = applyEvents(fleet(station()), [
      { type: "connector_status", station: "CP-1", evse: 0, connector: 0, status: "Faulted", error_code: "InternalError", info: null, at: AT },
    ]);
    expect(now.get("CP-1")).toMatchObject({ status: "Faulted", error_code: "InternalError" });
    expect(now.get("CP-1")?.connectors[0]?.status).toBe("Available");
  });

  it("shows for whom a connector is kept, from the request until the end of that very reservation", () => {
    const told = (state: string, over: Partial<Reservation> = {}): LiveEvent => ({
      type: "reservation",
      station: "CP-1",
      reservation: {
        id: "r1", station: "CP-1", evse: 2, connector_type: null, token: "CARD1", group: null, state, reason: null, session: null,
        requested_at: AT, expires_at: "2026-01-01T11:00:00Z", accepted_at: null, ended_at: null, ...over,
      },
    });
    const before = fleet(station({ connectors: [connector(), connector({ evse: 2 })] }));
    const kept = (events: LiveEvent[]) => applyEvents(before, events).get("CP-1")?.connectors.map((c) => c.reservation?.state ?? null);
    expect(kept([told("requested")])).toEqual([null, "requested"]);
    expect(kept([told("requested"), told("accepted")])).toEqual([null, "accepted"]);
    for (const end of ["refused", "used", "expired", "cancelled", "removed"]) {
      expect(kept([told("accepted"), told(end)])).toEqual([null, null]);
      expect(kept([told("accepted"), told(end, { id: "r0" })])).toEqual([null, "accepted"]);
    }
    expect(applyEvents(before, [told("accepted", { evse: null })])).toBe(before);
  });

  it("goes offline and comes back", () => {
    let now = applyEvents(fleet(station()), [{ type: "station_disconnected", station: "CP-1", at: AT }]);
    expect(now.get("CP-1")).toMatchObject({ connected: false, last_heard_at: AT, offline_since: AT });
    now = applyEvents(now, [{ type: "station_connected", station: "CP-1", at: AT }]);
    expect(now.get("CP-1")).toMatchObject({ connected: true, connected_at: AT, offline_since: null });
  });

  it("leaves untouched stations, and the map itself when nothing changed, as they were", () => {
    const before = fleet(station(), station({ id: "CP-2" }));
    expect(applyEvents(before, [{ type: "hello", at: AT }, { type: "station_connected", station: "unknown", at: AT }])).toBe(before);
    const now = applyEvents(before, [started]);
    expect(now.get("CP-2")).toBe(before.get("CP-2"));
    expect(now.get("CP-1")).not.toBe(before.get("CP-1"));
  });

  it("asks for stations it does not know and for those that changed", () => {
    const now = fleet(station());
    expect(needsFetch(now, { type: "station_connected", station: "new", at: AT })).toBe("new");
    expect(needsFetch(now, { type: "station_connected", station: "CP-1", at: AT })).toBeNull();
    expect(needsFetch(now, { type: "station_changed", station: "CP-1", at: AT })).toBe("CP-1");
    expect(needsFetch(now, { type: "lost" })).toBeNull();
  });
});
