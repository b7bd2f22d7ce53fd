import { answered, client } from "@stationmaster/api";
import { queryOptions } from "@tanstack/react-query";

export const siteTariffQuery = (site: string) =>
  queryOptions({
    queryKey: ["tariffs", "site", site],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/sites/{site_id}/tariff", { params: { path: { site_id: site } }, signal })),
  });

export const tariffTermsQuery = (id: string) =>
  queryOptions({
    queryKey: ["tariffs", "terms", id],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/tariffs/{tariff_id}/terms", { params: { path: { tariff_id: id } }, signal })),
  });
