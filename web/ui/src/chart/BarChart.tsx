import { lazy, Suspense } from "react";
import type { Bars } from "./DrawnBars";

const DrawnBars = lazy(() => import("./DrawnBars"));

export type { Bars } from "./DrawnBars";

/** Sums beside each other. The library that draws them is fetched only when the first chart is looked at. */
export function BarChart(props: Bars) {
  return (
    <Suspense fallback={<div style={{ height: props.height }} />}>
      <DrawnBars {...props} />
    </Suspense>
  );
}
