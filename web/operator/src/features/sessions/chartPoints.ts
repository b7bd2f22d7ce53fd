import type { SessionDetail } from "@stationmaster/api";

type Point = [number, number];

/** What is drawn of a session: the operator's, or a driver's own. */
export type Drawn = Pick<SessionDetail, "status" | "energy_wh" | "power_w" | "meter_values" | "series" | "values_dropped">;

/** Time in ms against kW, as told, and against the kWh that the server counts: its series ends with the session's energy. */
export function points(session: Pick<Drawn, "meter_values" | "series">): { power: Point[]; energy: Point[] } {
  const power: Point[] = session.meter_values
    .filter((value) => value.power_w !== null)
    .map((value) => [Date.parse(value.at), (value.power_w ?? 0) / 1000]);
  const energy: Point[] = session.series.map((point) => [Date.parse(point.at), point.energy_wh / 1000]);
  return { power: inOrder(power), energy: inOrder(energy) };
}

/** A charger may deliver readings out of order; a line must not run backwards. */
function inOrder(points: Point[]): Point[] {
  return points.filter(([at]) => !Number.isNaN(at)).sort((a, b) => a[0] - b[0]);
}
