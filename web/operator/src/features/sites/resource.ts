import { client, type Site } from "@stationmaster/api";
import type { Resource } from "../../managed/resource";
import { knownSort } from "../../queries";
import type { SiteFacts } from "./SiteForm";
import { STATUSES } from "./words";

const SORTS = ["id", "name", "city", "created", "updated"] as const;

export const sites: Resource<Site, SiteFacts> = {
  key: "sites",
  may: "administer",
  sorts: SORTS,
  list: (asked, { state, sort }, signal) => {
    const query = { ...asked, status: STATUSES.find((each) => each === state), sort: knownSort(SORTS, sort) };
    return client.GET("/api/v1/sites", { params: { query }, signal });
  },
  get: (site_id, signal) => client.GET("/api/v1/sites/{site_id}", { params: { path: { site_id } }, signal }),
  add: (body) => client.POST("/api/v1/sites", { body }),
  change: (site_id, header, body) => client.PATCH("/api/v1/sites/{site_id}", { params: { path: { site_id }, header }, body }),
  remove: (site_id, header) => client.DELETE("/api/v1/sites/{site_id}", { params: { path: { site_id }, header } }),
  restore: (site_id) => client.POST("/api/v1/sites/{site_id}/restore", { params: { path: { site_id } } }),
};
