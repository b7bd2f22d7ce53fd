import type { Site } from "@stationmaster/api";

export type Day = NonNullable<Site["working_days"]>[number];
export const DAYS: readonly Day[] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

type Hours = Pick<Site, "time_zone" | "working_days" | "opening_time" | "closing_time">;

/** The day of the week and the time that the clock at a place shows. */
export function clockAt(zone: string, now: number): { day: Day; time: string } {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, weekday: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).formatToParts(now);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? "";
  const day = DAYS.find((each) => each === part("weekday").toLowerCase()) ?? "monday";
  return { day, time: `${part("hour")}:${part("minute")}` };
}

export function works(site: Hours, day: Day): boolean {
  return site.working_days === null || site.working_days.includes(day);
}

/** Whether the doors are open, as the server judges it: a night that goes over midnight belongs to the day on which it begins. */
export function isOpen(site: Hours, now: number): boolean {
  const { day, time } = clockAt(site.time_zone, now);
  const { opening_time: opening, closing_time: closing } = site;
  if (opening === null || closing === null) return works(site, day);
  if (opening < closing) return works(site, day) && opening <= time && time < closing;
  const yesterday = DAYS[(DAYS.indexOf(day) + 6) % 7] ?? day;
  return (works(site, day) && time >= opening) || (works(site, yesterday) && time < closing);
}

/** Every time zone this browser knows, and the one that is set. */
export function zones(present: string): string[] {
  return [...new Set([...Intl.supportedValuesOf("timeZone"), "UTC", present].filter(Boolean))].sort();
}
