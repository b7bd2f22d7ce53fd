import { useComputedColorScheme } from "@mantine/core";
import { LineChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use as register, type EChartsType } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import type { SessionDetail } from "../api/types";
import { kw, kwh, localClock } from "../format";
import { points } from "./chartPoints";

register([LineChart, GridComponent, TooltipComponent, SVGRenderer]);

/** Below this the time axis needs seconds. */
const SHORT_MS = 5 * 60_000;

/** Power and energy of one session over time. Grows by itself while the session is live. */
export default function SessionChart({ session, height = 240 }: { session: SessionDetail; height?: number }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const scheme = useComputedColorScheme("light");

  useEffect(() => {
    if (!box.current) return;
    const made = init(box.current);
    chart.current = made;
    const resize = new ResizeObserver(() => {
      made.resize();
    });
    resize.observe(box.current);
    return () => {
      resize.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const data = points(session);
    const [first, last] = [data.energy[0] ?? data.power[0], data.energy.at(-1) ?? data.power.at(-1)];
    const short = first !== undefined && last !== undefined && last[0] - first[0] < SHORT_MS;
    const label = { color: colour("--dim"), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11 };
    const power = colour("--tone-charging");
    const energy = colour("--tone-available");
    chart.current?.setOption({
      animation: false,
      grid: { left: 48, right: 54, top: 28, bottom: 26 },
      tooltip: {
        trigger: "axis",
        // Drawn, not set as HTML.
        renderMode: "richText",
        backgroundColor: colour("--surface"),
        borderColor: colour("--line-strong"),
        textStyle: { color: colour("--text"), fontSize: 12 },
        formatter: (rows: { value: [number, number]; seriesName: string }[]) =>
          [
            localClock(new Date(rows[0]?.value[0] ?? 0).toISOString()),
            ...rows.map((r) => `${r.seriesName}  ${r.seriesName === "Power" ? kw(r.value[1] * 1000) : kwh(r.value[1] * 1000)}`),
          ].join("\n"),
      },
      xAxis: {
        type: "time",
        splitNumber: 4,
        axisLabel: { ...label, hideOverlap: true, formatter: short ? "{HH}:{mm}:{ss}" : "{HH}:{mm}" },
        axisLine: { lineStyle: { color: colour("--line-strong") } },
        axisTick: { show: false },
      },
      yAxis: [
        {
          type: "value",
          name: "kW",
          min: 0,
          nameTextStyle: { ...label, color: power, align: "right" },
          axisLabel: label,
          splitLine: { lineStyle: { color: colour("--line") } },
        },
        {
          type: "value",
          name: "kWh",
          min: 0,
          nameTextStyle: { ...label, color: energy, align: "left" },
          axisLabel: label,
          splitLine: { show: false },
        },
      ],
      series: [
        {
          name: "Power",
          type: "line",
          showSymbol: data.power.length === 1,
          sampling: "lttb",
          connectNulls: true,
          data: data.power,
          lineStyle: { width: 2, color: power },
          itemStyle: { color: power },
          areaStyle: { color: power, opacity: 0.1 },
        },
        {
          name: "Energy",
          type: "line",
          yAxisIndex: 1,
          showSymbol: data.energy.length === 1,
          sampling: "lttb",
          connectNulls: true,
          data: data.energy,
          // Dashed, so that the two lines differ without colour too.
          lineStyle: { width: 2, color: energy, type: [6, 4] },
          itemStyle: { color: energy },
        },
      ],
    });
  }, [session, scheme]);

  const said = `Power and energy of this session: ${kwh(session.energy_wh)}, now ${kw(session.power_w)}`;
  return <div ref={box} role="img" aria-label={said} style={{ height, width: "100%" }} />;
}
