import { client, type CustomerGroup } from "@stationmaster/api";
import type { Resource } from "../../managed/resource";
import { knownSort } from "../../queries";
import type { GroupFacts } from "./GroupForm";

const SORTS = ["id", "name", "created"] as const;

/** What was removed is gone: no customer was in it any more. */
export const groups: Resource<CustomerGroup, GroupFacts> = {
  key: "customer-groups",
  shownBy: ["customers"],
  may: "manage_customers",
  sorts: SORTS,
  list: ({ search, limit, cursor }, { sort }, signal) => client.GET("/api/v1/customer-groups", { params: { query: { search, limit, cursor, sort: knownSort(SORTS, sort) } }, signal }),
  get: (group_id, signal) => client.GET("/api/v1/customer-groups/{group_id}", { params: { path: { group_id } }, signal }),
  add: (body) => client.POST("/api/v1/customer-groups", { body }),
  change: (group_id, header, body) => client.PATCH("/api/v1/customer-groups/{group_id}", { params: { path: { group_id }, header }, body }),
  remove: (group_id, header) => client.DELETE("/api/v1/customer-groups/{group_id}", { params: { path: { group_id }, header } }),
};
