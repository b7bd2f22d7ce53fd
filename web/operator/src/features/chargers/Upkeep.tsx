import type { Station } from "@stationmaster/api";
import { Logs } from "./Logs";
import { Updates } from "./Updates";

/** What keeps a charger running: its firmware, and the logs it brings. */
export function Upkeep({ station }: { station: Station }) {
  return (
    <>
      <Updates station={station} />
      <Logs station={station} />
    </>
  );
}
