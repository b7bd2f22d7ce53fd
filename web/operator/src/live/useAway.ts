import { stream } from "@stationmaster/api";
import { useSyncExternalStore } from "react";

/** When the server was last heard, in ms, while it is away; null while it is there. */
export function useAway(): number | null {
  return useSyncExternalStore(stream.watchState, () => stream.awaySince);
}
