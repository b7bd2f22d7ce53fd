import { answered, client, type Query } from "@stationmaster/api";
import { queryOptions } from "@tanstack/react-query";
import { PAGE, pages } from "../../queries";

export const STATES = ["open", "acknowledged", "resolved"] as const;
export type AlertState = (typeof STATES)[number];
export type AlertFilters = Omit<Query<"/api/v1/alerts">, "limit" | "cursor">;

export const alertsQuery = (filters: AlertFilters) =>
  pages(["alerts", "list", filters], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/alerts", { params: { query: { ...filters, limit: PAGE, cursor } }, signal })),
  );

export const alertQuery = (alert_id: string) =>
  queryOptions({
    queryKey: ["alerts", "one", alert_id],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/alerts/{alert_id}", { params: { path: { alert_id } }, signal })),
  });

/** What is open of one charger. */
export const alertsOfQuery = (station: string) =>
  queryOptions({
    queryKey: ["alerts", "of", station],
    queryFn: async ({ signal }) => {
      const ask = (state: AlertState) => answered(client.GET("/api/v1/alerts", { params: { query: { state, station, limit: 10 } }, signal }));
      const [open, acknowledged] = await Promise.all([ask("open"), ask("acknowledged")]);
      return [...open.items, ...acknowledged.items];
    },
  });

export const channelsQuery = () =>
  pages(["alert-channels"], ({ cursor, signal }) => answered(client.GET("/api/v1/alert-channels", { params: { query: { limit: PAGE, cursor } }, signal })));

export const pausesQuery = () =>
  pages(["alert-pauses"], ({ cursor, signal }) => answered(client.GET("/api/v1/alert-pauses", { params: { query: { limit: PAGE, cursor } }, signal })));

export type NoticeFilters = Omit<Query<"/api/v1/alert-notices">, "limit" | "cursor">;

export const noticesQuery = (filters: NoticeFilters) =>
  pages(["alerts", "notices", filters], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/alert-notices", { params: { query: { ...filters, limit: PAGE, cursor } }, signal })),
  );
