import { money, number, percent } from "@stationmaster/ui";

interface Revenue {
  currency: string;
  gross: string;
}

const MWH = 10_000_000;

/** 812 kWh, 12.4 MWh: a sum, where a watt-hour is of no interest. */
export function energySum(wh: number): string {
  return wh >= MWH ? number(wh / 1_000_000, "MWh", 1) : number(wh / 1000, "kWh", wh < 100_000 ? 1 : 0);
}

/** What was billed, in each currency. */
export function revenueSum(revenue: readonly Revenue[]): string {
  return revenue.map(({ gross, currency }) => money(gross, currency)).join(" · ") || "–";
}

/** A share that is known, or a dash. */
export function share(value: number | null | undefined): string {
  return percent(value);
}

/** Seconds as "47 min", "12.5 h": how long something took, in sum or on average. */
export function hours(seconds: number): string {
  return seconds < 3600 ? number(seconds / 60, "min") : number(seconds / 3600, "h", 1);
}

/** Seconds of each session; null when there was none. */
export function each(seconds: number, sessions: number): string {
  return sessions === 0 ? "–" : hours(seconds / sessions);
}
