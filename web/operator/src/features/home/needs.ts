import { plural, t } from "@lingui/core/macro";
import type { Overview } from "@stationmaster/api";
import type { Tone } from "@stationmaster/ui";
import type { LinkProps } from "@tanstack/react-router";

type Need = Overview["needs"][number];

interface Words {
  words: string;
  tone: Tone;
  /** Where the list is that makes it up; null where a page can do nothing about it. */
  link: Pick<LinkProps, "to" | "search"> | null;
}

/** What waits for a person, in words. `q` finds what the page is narrowed to in a list of chargers. */
export function needWords({ kind, count }: Need, q: string | undefined): Words {
  switch (kind) {
    case "alert":
      return { words: plural(count, { one: "# alert that nobody looks after", other: "# alerts that nobody looks after" }), tone: "faulted", link: { to: "/alerts" } };
    case "fault":
      return { words: plural(count, { one: "# connector is faulted", other: "# connectors are faulted" }), tone: "faulted", link: { to: "/chargers", search: { state: "faulted", q } } };
    case "offline":
      return { words: plural(count, { one: "# charger is offline", other: "# chargers are offline" }), tone: "offline", link: { to: "/chargers", search: { state: "offline", q } } };
    case "session_held":
      return { words: plural(count, { one: "# session is held until somebody has looked at it", other: "# sessions are held until somebody has looked at them" }), tone: "busy", link: { to: "/review" } };
    case "quarantine":
      return { words: plural(count, { one: "# message fits nothing", other: "# messages fit nothing" }), tone: "busy", link: { to: "/review" } };
    case "alarm":
      return { words: plural(count, { one: "# alarm", other: "# alarms" }), tone: "faulted", link: { to: "/review" } };
    case "charger_refused":
      return { words: plural(count, { one: "# charger of ours was refused since yesterday", other: "# chargers of ours were refused since yesterday" }), tone: "unavailable", link: { to: "/refused" } };
    case "payment_failed":
      return { words: plural(count, { one: "# payment has failed this week", other: "# payments have failed this week" }), tone: "faulted", link: { to: "/payments" } };
    case "claim_open":
      return { words: plural(count, { one: "# claim is open", other: "# claims are open" }), tone: "busy", link: { to: "/payments" } };
    case "refund_failed":
      return { words: plural(count, { one: "# refund did not arrive", other: "# refunds did not arrive" }), tone: "faulted", link: { to: "/payments" } };
    case "delivery_late":
      return { words: plural(count, { one: "# delivery is late", other: "# deliveries are late" }), tone: "busy", link: { to: "/deliveries", search: { state: "pending" } } };
    case "delivery_given_up":
      return { words: plural(count, { one: "# delivery was given up", other: "# deliveries were given up" }), tone: "faulted", link: { to: "/deliveries", search: { state: "given_up" } } };
    case "reactions_late":
      return { words: t`The server is behind with its own work`, tone: "busy", link: null };
    default:
      // A newer server may know more than this page.
      return { words: `${String(kind).replaceAll("_", " ")}: ${String(count)}`, tone: "busy", link: null };
  }
}
