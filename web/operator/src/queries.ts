import { answered, client, type Delivery, type Page, type Query } from "@stationmaster/api";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

/** As many rows as the server gives at once. */
export const PAGE = 200;

/** More than this is not fetched to sort, to save or to choose from. */
export const MOST = 10_000;

interface Asked {
  cursor: string | null;
  signal: AbortSignal;
}

/** A list that the server hands out page by page. */
export function pages<T>(queryKey: readonly unknown[], fetch: (asked: Asked) => Promise<Page<T>>) {
  return infiniteQueryOptions({
    queryKey,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => fetch({ cursor: pageParam, signal }),
    getNextPageParam: (last) => last.next,
  });
}

export const statusQuery = () =>
  queryOptions({
    queryKey: ["status"],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/status", { signal })),
    staleTime: 60_000,
  });

/** Chargers by their name, id, site or make. */
export const foundStationsQuery = (text: string) =>
  queryOptions({
    queryKey: ["find", text],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/stations", { params: { query: { search: text, limit: 12 } }, signal })),
  });

/** How many alerts wait for somebody. */
export const unseenAlertsQuery = () =>
  queryOptions({
    queryKey: ["alerts", "unseen"],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/alerts/unseen", { signal })),
    staleTime: 60_000,
  });

/** The chargers of a site, by its name; live/cache.ts keeps their states true. */
export const siteStationsQuery = (site: string) =>
  pages(["stations", site], async ({ cursor, signal }) => {
    const page = await answered(client.GET("/api/v1/stations", { params: { query: { search: site, limit: PAGE, cursor } }, signal }));
    return { ...page, items: page.items.filter((station) => station.site === site) };
  });

export const stationQuery = (id: string) =>
  queryOptions({
    queryKey: ["station", id],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/stations/{station_id}", { params: { path: { station_id: id } }, signal })),
  });

export const commandsQuery = (id: string) =>
  queryOptions({
    queryKey: ["commands", id],
    queryFn: ({ signal }) =>
      answered(
        client.GET("/api/v1/stations/{station_id}/commands", { params: { path: { station_id: id }, query: { limit: 20 } }, signal }),
      ),
  });

export type SettingFilters = Omit<Query<"/api/v1/stations/{station_id}/settings">, "limit" | "cursor">;

export const settingsQuery = (id: string, filters: SettingFilters) =>
  pages(["settings", id, filters], ({ cursor, signal }) =>
    answered(
      client.GET("/api/v1/stations/{station_id}/settings", {
        params: { path: { station_id: id }, query: { ...filters, limit: PAGE, cursor } },
        signal,
      }),
    ),
  );

export const comparisonQuery = (id: string, other: string) =>
  queryOptions({
    queryKey: ["comparison", id, other],
    retry: false,
    queryFn: ({ signal }) =>
      answered(
        client.GET("/api/v1/stations/{station_id}/settings/compare", { params: { path: { station_id: id }, query: { with: other } }, signal }),
      ),
  });

export const framesQuery = (id: string, action: string | null) =>
  pages(["messages", id, action], ({ cursor, signal }) =>
    answered(
      client.GET("/api/v1/stations/{station_id}/messages", {
        params: { path: { station_id: id }, query: { limit: 50, cursor, action } },
        signal,
      }),
    ),
  );

export type SessionFilters = Omit<Query<"/api/v1/sessions">, "limit" | "cursor">;

/** What the server sorts sessions by; the names are those of the columns. */
export const SESSION_SORTS = ["started", "stopped", "energy", "token", "station"] as const;

/** The order in an address, where it is one that the server knows. */
export function knownSort<S extends string>(sorts: readonly S[], sort: string | undefined): S | `-${S}` | undefined {
  return sorts.flatMap((each) => [each, `-${each}`] as const).find((each) => each === sort);
}

export const sessionsQuery = (filters: SessionFilters, limit = PAGE) =>
  pages(["sessions", filters, limit], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/sessions", { params: { query: { ...filters, limit, cursor } }, signal })),
  );

export const sessionQuery = (id: string | null) =>
  queryOptions({
    queryKey: ["session", id ?? ""],
    enabled: id !== null,
    queryFn: ({ signal }) => answered(client.GET("/api/v1/sessions/{session_id}", { params: { path: { session_id: id ?? "" } }, signal })),
  });

export const changesQuery = (id: string) =>
  queryOptions({
    queryKey: ["changes", id],
    queryFn: ({ signal }) =>
      answered(client.GET("/api/v1/sessions/{session_id}/changes", { params: { path: { session_id: id } }, signal })),
  });

export const auditQuery = (filters: { subject?: string | undefined; actor?: string | undefined }) =>
  pages(["audit", filters], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/audit", { params: { query: { ...filters, limit: PAGE, cursor } }, signal })),
  );

export const usersQuery = (deleted = false) =>
  pages(["users", { deleted }], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/users", { params: { query: { deleted, limit: PAGE, cursor } }, signal })),
  );

export const keysQuery = () =>
  pages(["keys"], ({ cursor, signal }) => answered(client.GET("/api/v1/api-keys", { params: { query: { limit: PAGE, cursor } }, signal })));

export const webhooksQuery = () =>
  pages(["webhooks"], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/webhooks", { params: { query: { limit: PAGE, cursor } }, signal })),
  );

export type DeliveryState = NonNullable<Query<"/api/v1/deliveries">["state"]>;

export interface DeliveryFilters {
  way?: Delivery["way"] | undefined;
  state?: DeliveryState | undefined;
  receiver?: string | undefined;
}

export const deliveriesQuery = (filters: DeliveryFilters) =>
  pages(["deliveries", filters], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/deliveries", { params: { query: { ...filters, limit: PAGE, cursor } }, signal })),
  );

export type ReservationFilters = Omit<Query<"/api/v1/reservations">, "limit" | "cursor">;

export const reservationsQuery = (filters: ReservationFilters) =>
  pages(["reservations", filters], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/reservations", { params: { query: { ...filters, limit: PAGE, cursor } }, signal })),
  );

export const firmwareQuery = () =>
  pages(["firmware"], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/firmware", { params: { query: { limit: PAGE, cursor } }, signal })),
  );

// What belongs to one charger and moves with its commands; live/cache.ts fetches it anew when one of them gets on.

export const updatesQuery = (id: string) =>
  pages(["parts", id, "updates"], ({ cursor, signal }) =>
    answered(
      client.GET("/api/v1/stations/{station_id}/firmware-updates", { params: { path: { station_id: id }, query: { limit: 20, cursor } }, signal }),
    ),
  );

export const logsQuery = (id: string) =>
  pages(["parts", id, "logs"], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/stations/{station_id}/logs", { params: { path: { station_id: id }, query: { limit: 20, cursor } }, signal })),
  );

export const certificateRequestsQuery = (id: string) =>
  pages(["parts", id, "certificates"], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/certificate-requests", { params: { query: { station: id, limit: 20, cursor } }, signal })),
  );

export const profilesQuery = (id: string) =>
  queryOptions({
    queryKey: ["parts", id, "profiles"],
    queryFn: ({ signal }) =>
      answered(client.GET("/api/v1/stations/{station_id}/charging-profiles", { params: { path: { station_id: id } }, signal })),
  });

export const localListQuery = (id: string) =>
  queryOptions({
    queryKey: ["parts", id, "list"],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/stations/{station_id}/local-list", { params: { path: { station_id: id } }, signal })),
  });

export const listedCardsQuery = (id: string, wanted: boolean) =>
  queryOptions({
    queryKey: ["parts", id, "list", "cards"],
    enabled: wanted,
    queryFn: ({ signal }) =>
      answered(client.GET("/api/v1/stations/{station_id}/local-list/cards", { params: { path: { station_id: id } }, signal })),
  });

export const displayQuery = (id: string) =>
  queryOptions({
    queryKey: ["parts", id, "display"],
    queryFn: ({ signal }) =>
      answered(client.GET("/api/v1/stations/{station_id}/display-messages", { params: { path: { station_id: id } }, signal })),
  });

export const refusedQuery = () =>
  pages(["refused"], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/refused-connections", { params: { query: { limit: PAGE, cursor } }, signal })),
  );

export const alarmsQuery = () =>
  pages(["alarms"], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/alarms", { params: { query: { open: true, limit: PAGE, cursor } }, signal })),
  );

export const groupsQuery = () =>
  queryOptions({
    queryKey: ["groups"],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/quarantine/groups", { signal })),
  });

export const statesQuery = (id: string, days: number) =>
  queryOptions({
    queryKey: ["states", id, days],
    queryFn: ({ signal }) =>
      answered(
        client.GET("/api/v1/stations/{station_id}/states", {
          params: { path: { station_id: id }, query: { from: new Date(Date.now() - days * 86_400_000).toISOString() } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });

export const quarantineQuery = () =>
  pages(["quarantine"], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/quarantine", { params: { query: { limit: PAGE, cursor } }, signal })),
  );

/** The story around one moment; nothing is asked for until a person does. */
export const timelineQuery = (id: string, asked: { at: string; minutes: number } | null, zone: string) =>
  queryOptions({
    queryKey: ["timeline", id, asked, zone],
    enabled: asked !== null,
    retry: false,
    queryFn: ({ signal }) =>
      answered(
        client.GET("/api/v1/stations/{station_id}/timeline", {
          params: { path: { station_id: id }, query: { ...asked, zone } },
          signal,
        }),
      ),
  });

export const deviationsQuery = (id: string) =>
  queryOptions({
    queryKey: ["deviations", id],
    queryFn: ({ signal }) =>
      answered(client.GET("/api/v1/stations/{station_id}/deviations", { params: { path: { station_id: id } }, signal })),
    staleTime: 30_000,
  });
