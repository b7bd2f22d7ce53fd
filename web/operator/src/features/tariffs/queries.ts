import { answered, client, tagged, type Query } from "@stationmaster/api";
import { queryOptions } from "@tanstack/react-query";
import { PAGE, pages } from "../../queries";

type TariffFilters = Omit<Query<"/api/v1/tariffs">, "limit" | "cursor">;
export const TARIFF_SORTS = ["id", "name", "created"] as const;

export const tariffListQuery = (filters: TariffFilters) =>
  pages(["tariffs", "list", filters], ({ cursor, signal }) =>
    answered(client.GET("/api/v1/tariffs", { params: { query: { ...filters, limit: PAGE, cursor } }, signal })),
  );

/** All to choose from. */
export const tariffsQuery = queryOptions({
  queryKey: ["tariffs"],
  queryFn: ({ signal }) => answered(client.GET("/api/v1/tariffs", { params: { query: { limit: PAGE } }, signal })),
});

export const siteTariffQuery = (site: string) =>
  queryOptions({
    queryKey: ["tariffs", "site", site],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/sites/{site_id}/tariff", { params: { path: { site_id: site } }, signal })),
  });

export const tariffQuery = (id: string) =>
  queryOptions({
    queryKey: ["tariffs", "one", id],
    queryFn: ({ signal }) => tagged(client.GET("/api/v1/tariffs/{tariff_id}", { params: { path: { tariff_id: id } }, signal })),
  });

export const tariffTermsQuery = (id: string) =>
  queryOptions({
    queryKey: ["tariffs", "terms", id],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/tariffs/{tariff_id}/terms", { params: { path: { tariff_id: id } }, signal })),
  });
