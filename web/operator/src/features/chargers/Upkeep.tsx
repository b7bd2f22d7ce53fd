import type { Station } from "@stationmaster/api";
import { Certificates } from "./Certificates";
import { Logs } from "./Logs";
import { Updates } from "./Updates";

/** What keeps a charger running: its firmware, the logs it brings, and its certificates. */
export function Upkeep({ station }: { station: Station }) {
  return (
    <>
      <Updates station={station} />
      <Logs station={station} />
      <Certificates station={station} />
    </>
  );
}
