import { t } from "@lingui/core/macro";
import type { Connector, Station } from "@stationmaster/api";
import { Badge } from "@stationmaster/ui";
import { connectorWords, stationTone, toneWord } from "./words";

export function ConnectorBadge({ station, connector }: { station: Station; connector: Connector }) {
  const { word, tone, meaning } = connectorWords(station, connector);
  return (
    <Badge tone={tone} title={meaning} testid={`connector-${station.id}-${connector.evse}`}>
      {word}
    </Badge>
  );
}

export function StationBadge({ station }: { station: Station }) {
  const tone = stationTone(station);
  const never = tone === "offline" && neverHere(station);
  return <Badge tone={tone}>{never ? t`Never connected` : toneWord(tone)}</Badge>;
}

/** A charger that was added and has not come yet. Connectors, a boot or a session prove that it has. */
export function neverHere(station: Station): boolean {
  return (
    !station.connected &&
    station.last_heard_at === null &&
    station.last_boot_at === null &&
    !station.booted &&
    station.connectors.length === 0
  );
}
