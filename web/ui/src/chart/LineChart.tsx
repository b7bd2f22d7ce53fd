import { lazy, Suspense } from "react";
import type { Chart } from "./Drawn";

const Drawn = lazy(() => import("./Drawn"));

export type { Chart, Line } from "./Drawn";

/** Lines over time. The library that draws them is fetched only when the first one is looked at. */
export function LineChart(props: Chart) {
  return (
    <Suspense fallback={<div style={{ height: props.height }} />}>
      <Drawn {...props} />
    </Suspense>
  );
}
