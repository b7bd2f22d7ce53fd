import { t } from "@lingui/core/macro";
import type { Site } from "@stationmaster/api";
import type { Shape } from "@stationmaster/ui";
import type { Day } from "./hours";

export const STATUSES = ["active", "inactive", "maintenance"] as const;

export function siteWords(status: Site["status"]): { word: string; tone: Shape } {
  switch (status) {
    case "active":
      return { word: t`In operation`, tone: "good" };
    case "maintenance":
      return { word: t`Maintenance`, tone: "busy" };
    case "inactive":
      return { word: t`Not in operation`, tone: "unavailable" };
  }
}

export function phaseWord(phase: Site["grid_phase"]): string {
  if (phase === null) return t`Not known`;
  return phase === "single_phase" ? t`One phase` : t`Three phases`;
}

export function dayWord(day: Day): string {
  const words: Record<Day, string> = {
    monday: t`Monday`,
    tuesday: t`Tuesday`,
    wednesday: t`Wednesday`,
    thursday: t`Thursday`,
    friday: t`Friday`,
    saturday: t`Saturday`,
    sunday: t`Sunday`,
  };
  return words[day];
}

/** The hours of a day on which a site is open. */
export function hoursWord(opening: string | null, closing: string | null): string {
  if (opening === null || closing === null) return t`All day`;
  if (opening === closing) return t`24 hours from ${opening} on`;
  if (closing === "24:00" || closing === "00:00") return t`${opening} to midnight`;
  return opening < closing ? t`${opening} to ${closing}` : t`${opening} to ${closing} the next day`;
}

export function addressLine(site: Site): string {
  const town = [site.postal_code, site.city].filter(Boolean).join(" ");
  return [site.address?.split(/\s*\n\s*/).join(", "), town, site.state, site.country].filter(Boolean).join(", ");
}

/** What comes of it when a site is removed. */
export function removeAbout(name: string): string {
  return t`${name} leaves the lists. It can be restored there, under “Removed”. A site where chargers stand can't be removed.`;
}
