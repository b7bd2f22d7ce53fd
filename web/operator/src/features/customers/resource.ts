import { client, type Customer } from "@stationmaster/api";
import type { Resource } from "../../managed/resource";
import { knownSort } from "../../queries";
import type { CustomerFacts } from "./CustomerForm";

const SORTS = ["id", "name", "phone", "email", "created"] as const;

export const customers: Resource<Customer, CustomerFacts> = {
  key: "customers",
  may: "manage_customers",
  sorts: SORTS,
  list: (asked, { sort }, signal) => client.GET("/api/v1/customers", { params: { query: { ...asked, sort: knownSort(SORTS, sort) } }, signal }),
  get: (customer_id, signal) => client.GET("/api/v1/customers/{customer_id}", { params: { path: { customer_id } }, signal }),
  add: (body) => client.POST("/api/v1/customers", { body }),
  change: (customer_id, header, body) => client.PATCH("/api/v1/customers/{customer_id}", { params: { path: { customer_id }, header }, body }),
  remove: (customer_id, header) => client.DELETE("/api/v1/customers/{customer_id}", { params: { path: { customer_id }, header } }),
  restore: (customer_id) => client.POST("/api/v1/customers/{customer_id}/restore", { params: { path: { customer_id } } }),
};
