import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { kw, kwh, LineChart, type Line } from "@stationmaster/ui";
import { useMemo } from "react";
import { points, type Drawn } from "./chartPoints";

/** Power and energy of one session over time. */
export function Chart({ session, height = 240 }: { session: Drawn; height?: number }) {
  const lines = useMemo((): Line[] => {
    const data = points(session);
    return [
      { name: t`Power`, unit: "kW", tone: "charging", points: data.power, words: (value) => kw(value * 1000) },
      { name: t`Energy`, unit: "kWh", tone: "available", points: data.energy, second: true, words: (value) => kwh(value * 1000) },
    ];
  }, [session]);
  if (session.values_dropped) {
    return (
      <p className="dim small" style={{ margin: "12px 0", textAlign: "center" }}>
        <Trans>The meter readings of this session were dropped after their time. Its energy, its registers and its bill stay.</Trans>
      </p>
    );
  }
  if (lines.every((line) => line.points.length === 0)) {
    return (
      <p className="dim small" style={{ margin: "12px 0", textAlign: "center" }}>
        {session.status === "active" ? <Trans>The chart begins with the first meter reading.</Trans> : <Trans>No meter readings were sent.</Trans>}
      </p>
    );
  }
  const label = t`Power and energy of this session: ${kwh(session.energy_wh)}, now ${kw(session.power_w)}`;
  return <LineChart lines={lines} label={label} height={height} />;
}
