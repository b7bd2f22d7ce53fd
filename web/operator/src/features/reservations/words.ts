import { t } from "@lingui/core/macro";
import type { Shape } from "@stationmaster/ui";

/** Where a reservation is in its life. */
export function reservationWords(state: string): { word: string; tone: Shape } {
  switch (state) {
    case "requested":
      return { word: t`Asked for`, tone: "busy" };
    case "accepted":
      return { word: t`Reserved`, tone: "reserved" };
    case "used":
      return { word: t`Used`, tone: "done" };
    case "refused":
      return { word: t`Refused`, tone: "faulted" };
    case "expired":
      return { word: t`Expired`, tone: "unavailable" };
    case "cancelled":
      return { word: t`Cancelled`, tone: "unavailable" };
    case "removed":
      return { word: t`Given up by the charger`, tone: "unavailable" };
    default:
      return { word: state, tone: "unavailable" };
  }
}

export const STATES = ["requested", "accepted", "used", "refused", "expired", "cancelled", "removed"] as const;
