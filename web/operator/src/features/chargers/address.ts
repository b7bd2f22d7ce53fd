import { useQuery } from "@tanstack/react-query";
import { statusQuery } from "../../queries";

const CUSTOMARY_PORT = 9000;

/** Where chargers connect: as the server says, else the host that serves this page and the port the server names. */
export function useChargerUrl(): (id: string) => string {
  const { data } = useQuery(statusQuery());
  const told = (data as { chargers_url?: string | null } | undefined)?.chargers_url;
  const base = told?.replace(/\/+$/, "") ?? `ws://${window.location.hostname}:${data?.chargers_port ?? CUSTOMARY_PORT}/ocpp`;
  return (id) => `${base}/${id}`;
}
