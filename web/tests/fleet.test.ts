import { describe, expect, it } from "vitest";
import { points } from "../operator/src/features/sessions/chartPoints";
import { awayFor, filterTone, inOrder, overview } from "../operator/src/features/chargers/overview";
import { connectorWords, stationTone } from "../operator/src/words";
import { connector, session, station } from "./factories";

const running = { id: "s1", token: "CARD9", started_at: "2026-01-01T10:00:00Z", energy_wh: 1, power_w: 7000, soc_percent: null };
const charging = station({ id: "A", connectors: [connector({ status: "Charging", session: running }), connector({ evse: 2 })] });
const faulted = station({ id: "B", connectors: [connector({ status: "Charging", session: running }), connector({ evse: 2, status: "Faulted" })] });
const offline = station({ id: "C", connected: false, connectors: [connector({ status: "Charging", session: running })] });
const reserved = station({ id: "D", connectors: [connector({ status: "Reserved" })] });

describe("the overview", () => {
  it("shows the worst news of a charger first", () => {
    expect([charging, faulted, offline, reserved].map(stationTone)).toEqual(["charging", "faulted", "offline", "reserved"]);
    expect(filterTone(reserved)).toBe("busy");
    expect(stationTone(station({ status: "Unavailable" }))).toBe("unavailable");
  });

  it("says of a 2.x charger, which is only occupied, whether energy flows", () => {
    const occupied = (power_w: number | null) => connector({ status: "Occupied", session: { ...running, power_w } });
    const told = [7000, 0, null].map((power) => station({ connectors: [occupied(power)] }));
    expect(told.map(stationTone)).toEqual(["charging", "busy", "busy"]);
    expect(told.flatMap((s) => s.connectors.map((c) => connectorWords(s, c).word))).toEqual(["Charging", "In use", "In use"]);
    expect(connectorWords(station({}), connector({ status: "Occupied" })).word).toBe("In use");
  });

  it("leaves out what a charger told of a connector that is free again", () => {
    const left = connector({ status: "Available", session: { ...running, power_w: 22_000 } });
    expect(overview([station({ connectors: [left] })]).powerW).toBe(0);
  });

  it("counts, and leaves the last known power of the offline out", () => {
    expect(overview([charging, faulted, offline, reserved])).toMatchObject({
      total: 4, connected: 3, powerW: 14_000, tones: { charging: 1, faulted: 1, offline: 1, busy: 1, available: 0 },
    });
  });

  it("tells who has been offline for longer than a time", () => {
    const at = Date.parse("2026-01-01T12:00:00Z");
    const away = (last_heard_at: string | null) => station({ connected: false, last_heard_at });
    expect(awayFor(away("2026-01-01T10:59:00Z"), 60, at)).toBe(true);
    expect(awayFor(away("2026-01-01T11:01:00Z"), 60, at)).toBe(false);
    expect(awayFor(away(null), 60, at)).toBe(true);
    expect(awayFor(station({ last_heard_at: "2025-01-01T00:00:00Z" }), 60, at)).toBe(false);
  });

  it("sorts by site, then name, numbers as numbers, those without a site last", () => {
    const ids = inOrder([station({ id: "Z" }), station({ id: "CP-10", site: "A" }), station({ id: "CP-9", site: "A" })]).map((s) => s.id);
    expect(ids).toEqual(["CP-9", "CP-10", "Z"]);
  });
});

describe("chart points", () => {
  it("E11: draws the energy that the server counts, and puts late readings in their place", () => {
    const value = (at: string, energy_wh: number | null, power_w: number | null) => ({ at, context: null, energy_wh, power_w, current_a: null, voltage_v: null, soc_percent: null, samples: [] });
    const data = points({
      ...session({ stopped_at: "2026-01-01T10:03:00Z", meter_stop_wh: 50_300 }),
      series: [
        { at: "2026-01-01T10:00:00Z", energy_wh: 0 },
        { at: "2026-01-01T10:02:00Z", energy_wh: 200 },
        { at: "2026-01-01T10:03:00Z", energy_wh: 300 },
      ],
      meter_values: [value("2026-01-01T10:02:00Z", 50_200, 6000), value("2026-01-01T10:01:00Z", null, 3000), value("nonsense", 1, 1)],
    });
    expect(data.power.map(([, kw]) => kw)).toEqual([3, 6]);
    expect(data.energy.map(([, kwh]) => kwh)).toEqual([0, 0.2, 0.3]);
  });
});
