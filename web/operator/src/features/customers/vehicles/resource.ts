import { client, type OwnVehicle as Told } from "@stationmaster/api";
import { changedInto, type Resource } from "../../../managed/resource";
import { knownSort } from "../../../queries";
import type { VehicleFacts } from "./VehicleForm";

/** A vehicle, a customer's or one's own, under the name that people know it by; `given` is the one that they have given it. */
export type Vehicle = Told & { name: string; given: string | null };

const SORTS = ["id", "plate", "created"] as const;

export const vehicles: Resource<Vehicle, VehicleFacts> = {
  key: "vehicles",
  shownBy: ["customers"],
  may: "manage_customers",
  sorts: SORTS,
  list: async (asked, { customer, sort }, signal) => {
    const query = { ...asked, customer, sort: knownSort(SORTS, sort) };
    return changedInto(client.GET("/api/v1/vehicles", { params: { query }, signal }), ({ items, next }) => ({ items: items.map(asVehicle), next }));
  },
  get: (vehicle_id, signal) => changedInto(client.GET("/api/v1/vehicles/{vehicle_id}", { params: { path: { vehicle_id } }, signal }), asVehicle),
  add: (body) => changedInto(client.POST("/api/v1/vehicles", { body }), asVehicle),
  change: (vehicle_id, header, body) =>
    changedInto(client.PATCH("/api/v1/vehicles/{vehicle_id}", { params: { path: { vehicle_id }, header }, body }), asVehicle),
  remove: (vehicle_id, header) => client.DELETE("/api/v1/vehicles/{vehicle_id}", { params: { path: { vehicle_id }, header } }),
  restore: (vehicle_id) => changedInto(client.POST("/api/v1/vehicles/{vehicle_id}/restore", { params: { path: { vehicle_id } } }), asVehicle),
};

/** As the server calls it where it names a customer's usual one. */
export function vehicleName({ id, name, make, model, plate, vin, emaid }: Told): string {
  return name ?? ([make, model, plate].filter(Boolean).join(" ") || (vin ?? emaid ?? id));
}

export function asVehicle(told: Told): Vehicle {
  return { ...told, given: told.name, name: vehicleName(told) };
}
