import { client, type Tariff } from "@stationmaster/api";
import type { Resource } from "../../managed/resource";
import { knownSort } from "../../queries";
import type { TariffFacts } from "./TariffForm";
import { STATUSES } from "./words";

const SORTS = ["id", "name", "created"] as const;

export const tariffs: Resource<Tariff, TariffFacts> = {
  key: "tariffs",
  may: "administer",
  sorts: SORTS,
  list: (asked, { state, sort }, signal) => {
    const query = { ...asked, status: STATUSES.find((each) => each === state), sort: knownSort(SORTS, sort) };
    return client.GET("/api/v1/tariffs", { params: { query }, signal });
  },
  get: (tariff_id, signal) => client.GET("/api/v1/tariffs/{tariff_id}", { params: { path: { tariff_id } }, signal }),
  add: (body) => client.POST("/api/v1/tariffs", { body }),
  change: (tariff_id, header, body) => client.PATCH("/api/v1/tariffs/{tariff_id}", { params: { path: { tariff_id }, header }, body }),
  remove: (tariff_id, header) => client.DELETE("/api/v1/tariffs/{tariff_id}", { params: { path: { tariff_id }, header } }),
  restore: (tariff_id) => client.POST("/api/v1/tariffs/{tariff_id}/restore", { params: { path: { tariff_id } } }),
};
