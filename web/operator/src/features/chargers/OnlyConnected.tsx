import { Trans } from "@lingui/react/macro";
import type { Station } from "@stationmaster/api";

/** Why the buttons are off. */
export function OnlyConnected({ station }: { station: Station }) {
  if (station.connected) return null;
  return (
    <p className="dim small">
      <Trans>Actions are possible while the charger is connected.</Trans>
    </p>
  );
}
