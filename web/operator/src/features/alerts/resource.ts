import { client, type AlertRule } from "@stationmaster/api";
import type { Resource } from "../../managed/resource";
import { knownSort } from "../../queries";
import type { RuleFacts } from "./RuleForm";

const SORTS = ["name", "kind", "created"] as const;

export const rules: Resource<AlertRule, RuleFacts> = {
  key: "alert-rules",
  may: "administer",
  sorts: SORTS,
  list: (asked, { sort }, signal) => client.GET("/api/v1/alert-rules", { params: { query: { ...asked, sort: knownSort(SORTS, sort) } }, signal }),
  get: (id, signal) => client.GET("/api/v1/alert-rules/{rule_id}", { params: { path: { rule_id: id } }, ...(signal && { signal }) }),
  add: (facts) => client.POST("/api/v1/alert-rules", { body: without(facts, "id") }),
  change: (id, header, facts) => client.PATCH("/api/v1/alert-rules/{rule_id}", { params: { path: { rule_id: id }, header }, body: without(facts, "kind") }),
  remove: (id, header) => client.DELETE("/api/v1/alert-rules/{rule_id}", { params: { path: { rule_id: id }, header } }),
  restore: (id) => client.POST("/api/v1/alert-rules/{rule_id}/restore", { params: { path: { rule_id: id } } }),
};

/** A rule has no id of one's own, and its kind stays. */
function without<T extends object, K extends keyof T>(facts: T, name: K): Omit<T, K> {
  const rest: Partial<T> = { ...facts };
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
  delete rest[name];
  return rest as Omit<T, K>;
}
