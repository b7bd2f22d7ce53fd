import { t } from "@lingui/core/macro";
import type { Webhook } from "@stationmaster/api";
import type { Shape } from "@stationmaster/ui";

/** What a webhook can be told of, by the names it is told under. */
export function eventWords(): Record<string, string> {
  return {
    session_started: t`Session started`,
    session_ended: t`Session ended`,
    session_corrected: t`Session corrected`,
    session_reviewed: t`Session reviewed`,
    session_limit_near: t`Session nearly used up`,
    station_offline: t`Charger offline`,
    station_online: t`Charger online again`,
    reservation: t`Reservation changed`,
    alarm: t`Alarm`,
  };
}

export function eventsWord({ events }: Webhook): string {
  const words = eventWords();
  return events.length === 0 ? t`Everything` : events.map((each) => words[each] ?? each).join(", ");
}

export function nameOf({ name, url }: Webhook): string {
  return name ?? url;
}

export function webhookState(webhook: Webhook): { word: string; tone: Shape } {
  if (!webhook.active) return { word: t`Paused`, tone: "unavailable" };
  return webhook.replaying ? { word: t`Tells again`, tone: "busy" } : { word: t`Is told`, tone: "good" };
}
