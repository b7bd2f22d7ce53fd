import { useEffect } from "react";
import { stream } from "@stationmaster/api";

/** Narrows the tab's stream to one station while a page is open; null is all stations. */
export function useFocus(station: string | null): void {
  useEffect(() => {
    stream.focus(station);
  }, [station]);
}
