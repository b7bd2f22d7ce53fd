import { client } from "@stationmaster/api";
import { changedInto, type Resource } from "../../managed/resource";
import { asVehicle, type Vehicle } from "../customers/vehicles/resource";
import type { VehicleFacts } from "../customers/vehicles/VehicleForm";

/** What one drives oneself. */
export const ownVehicles: Resource<Vehicle, VehicleFacts> = {
  key: "my vehicles",
  may: null,
  sorts: [],
  list: ({ limit, cursor }, _, signal) =>
    changedInto(client.GET("/api/v1/me/vehicles", { params: { query: { limit, cursor } }, signal }), ({ items, next }) => ({ items: items.map(asVehicle), next })),
  get: (vehicle_id, signal) => changedInto(client.GET("/api/v1/me/vehicles/{vehicle_id}", { params: { path: { vehicle_id } }, ...(signal && { signal }) }), asVehicle),
  add: (facts) => changedInto(client.POST("/api/v1/me/vehicles", { body: mine(facts) }), asVehicle),
  change: (vehicle_id, header, facts) =>
    changedInto(client.PATCH("/api/v1/me/vehicles/{vehicle_id}", { params: { path: { vehicle_id }, header }, body: mine(facts) }), asVehicle),
  remove: (vehicle_id, header) => client.DELETE("/api/v1/me/vehicles/{vehicle_id}", { params: { path: { vehicle_id }, header } }),
};

/** Without whose it is and what it is called, which nobody says of their own. */
function mine<F extends Partial<VehicleFacts> & { id?: string | null }>(facts: F) {
  const rest = { ...facts };
  delete rest.customer;
  delete rest.id;
  return rest;
}
