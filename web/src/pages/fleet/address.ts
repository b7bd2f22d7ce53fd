import { useQuery } from "@tanstack/react-query";
import { statusQuery } from "../../api/queries";

const CUSTOMARY_PORT = 9000;

/** Where chargers connect: the host that serves this page, the port the server names. */
export function useChargerUrl(): (id: string) => string {
  const status = useQuery(statusQuery());
  const port = status.data?.chargers_port ?? CUSTOMARY_PORT;
  return (id) => `ws://${window.location.hostname}:${port}/ocpp/${id}`;
}
