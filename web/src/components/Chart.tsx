import { lazy, Suspense } from "react";
import type { SessionDetail } from "../api/types";

const SessionChart = lazy(() => import("./SessionChart"));

/** The session chart, whose library is fetched only when the first chart is looked at. */
export function Chart({ session, height = 240 }: { session: SessionDetail; height?: number }) {
  if (!session.meter_values.some((v) => v.power_w !== null || v.energy_wh !== null)) {
    return (
      <p className="dim small" style={{ margin: "12px 0", textAlign: "center" }}>
        {session.status === "active" ? "The chart begins with the first meter reading." : "No meter readings were sent."}
      </p>
    );
  }
  return (
    <Suspense fallback={<div style={{ height }} />}>
      <SessionChart session={session} height={height} />
    </Suspense>
  );
}
