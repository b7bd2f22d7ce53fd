import type { SessionDetail } from "../api/types";

type Point = [number, number];

/** Time in ms against kW, and against the kWh this session has taken. Readings without a value are left out. */
export function points(session: SessionDetail): { power: Point[]; energy: Point[] } {
  const power: Point[] = [];
  const energy: Point[] = [];
  const start = session.meter_start_wh ?? session.meter_values.find((v) => v.energy_wh !== null)?.energy_wh ?? 0;
  if (session.started_at && session.meter_start_wh !== null) energy.push([Date.parse(session.started_at), 0]);
  for (const value of session.meter_values) {
    const at = Date.parse(value.at);
    if (Number.isNaN(at)) continue;
    if (value.power_w !== null) power.push([at, value.power_w / 1000]);
    if (value.energy_wh !== null) energy.push([at, (value.energy_wh - start) / 1000]);
  }
  if (session.stopped_at && session.meter_stop_wh !== null) {
    energy.push([Date.parse(session.stopped_at), (session.meter_stop_wh - start) / 1000]);
  }
  // A charger may deliver readings out of order; a line must not run backwards.
  const byTime = (a: Point, b: Point) => a[0] - b[0];
  return { power: power.sort(byTime), energy: energy.sort(byTime) };
}
