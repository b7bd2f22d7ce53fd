import { t } from "@lingui/core/macro";
import type { ServerStatus, UnseenAlerts } from "@stationmaster/api";
import type { IconName } from "@stationmaster/ui";
import type { FileRouteTypes } from "../routeTree.gen";

export interface Entry {
  to: FileRouteTypes["to"];
  icon: IconName;
  name: string;
  /** On a phone. */
  short: string;
  /** Behind "More" on a phone, where five fit. */
  seldom?: true;
  /** How many things wait there for a person. */
  count?: (status: ServerStatus | undefined, alerts: UnseenAlerts | undefined) => number;
}

export interface Group {
  title: string;
  entries: Entry[];
}

/** The menu. What a page asks of its reader stands with the page; a reader who may not see it does not see its entry. */
export function navigation(): Group[] {
  return [
    {
      title: t`Operation`,
      entries: [
        { to: "/", icon: "home", name: t`Home`, short: t`Home` },
        { to: "/chargers", icon: "fleet", name: t`Chargers`, short: t`Chargers` },
        { to: "/map", icon: "pin", name: t`Map`, short: t`Map`, seldom: true },
        { to: "/sites", icon: "sites", name: t`Sites`, short: t`Sites`, seldom: true },
        { to: "/sessions", icon: "sessions", name: t`Sessions`, short: t`Sessions` },
        { to: "/reservations", icon: "reserved", name: t`Reservations`, short: t`Reserved`, seldom: true },
        { to: "/firmware", icon: "firmware", name: t`Firmware`, short: t`Firmware`, seldom: true },
        { to: "/analytics", icon: "analytics", name: t`Analytics`, short: t`Analytics`, seldom: true },
        { to: "/reports", icon: "download", name: t`Reports`, short: t`Reports`, seldom: true },
      ],
    },
    {
      title: t`Drivers`,
      entries: [
        { to: "/customers", icon: "people", name: t`Customers`, short: t`Customers`, seldom: true },
        { to: "/groups", icon: "people", name: t`Groups`, short: t`Groups`, seldom: true },
        { to: "/payments", icon: "money", name: t`Payments`, short: t`Payments`, seldom: true },
        { to: "/invoices", icon: "audit", name: t`Invoices`, short: t`Invoices`, seldom: true },
        { to: "/revenue", icon: "table", name: t`Revenue`, short: t`Revenue`, seldom: true },
        { to: "/tariffs", icon: "tariffs", name: t`Tariffs`, short: t`Tariffs`, seldom: true },
        { to: "/cards", icon: "cards", name: t`Cards`, short: t`Cards`, seldom: true },
      ],
    },
    {
      title: t`Attention`,
      entries: [
        { to: "/alerts", icon: "bell", name: t`Alerts`, short: t`Alerts`, seldom: true, count: (_, alerts) => alerts?.open ?? 0 },
        {
          to: "/review",
          icon: "review",
          name: t`To review`,
          short: t`Review`,
          count: (status) => (status ? status.review.sessions + status.review.alarms + status.review.quarantine : 0),
        },
        { to: "/refused", icon: "refused", name: t`Can't connect?`, short: t`Refused`, seldom: true },
      ],
    },
    {
      title: t`Administration`,
      entries: [
        { to: "/users", icon: "people", name: t`Users`, short: t`Users`, seldom: true },
        { to: "/api-keys", icon: "key", name: t`API keys`, short: t`Keys`, seldom: true },
        { to: "/webhooks", icon: "sent", name: t`Webhooks`, short: t`Webhooks`, seldom: true },
        { to: "/deliveries", icon: "deliveries", name: t`Deliveries`, short: t`Deliveries`, seldom: true },
        { to: "/organization", icon: "sites", name: t`Organization`, short: t`Organization`, seldom: true },
        { to: "/audit", icon: "audit", name: t`Who did what`, short: t`Audit`, seldom: true },
      ],
    },
  ];
}

/** The menu of drivers: what is their own. */
export function ownNavigation(): Group[] {
  return [
    {
      title: t`My charging`,
      entries: [
        { to: "/my", icon: "play", name: t`Charging`, short: t`Charging` },
        { to: "/my/sessions", icon: "sessions", name: t`Sessions`, short: t`Sessions` },
        { to: "/my/money", icon: "money", name: t`Money`, short: t`Money` },
        { to: "/my/profile", icon: "people", name: t`Profile`, short: t`Profile` },
      ],
    },
  ];
}
