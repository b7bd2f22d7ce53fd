import { useComputedColorScheme } from "@mantine/core";
import { LineChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use as register, type EChartsType } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { localClock } from "../format";
import type { Tone } from "../icons";

register([LineChart, GridComponent, TooltipComponent, SVGRenderer]);

/** Below this the time axis needs seconds. */
const SHORT_MS = 5 * 60_000;

export interface Line {
  name: string;
  unit: string;
  tone: Tone;
  /** Time in ms, and the value in the unit. */
  points: [number, number][];
  /** Dashed and on the right: two lines differ without colour too. */
  second?: boolean;
  /** Each value holds until the next point. */
  steps?: boolean;
  words: (value: number) => string;
}

export interface Chart {
  lines: Line[];
  /** What the chart shows, for those who can't see it. */
  label: string;
  height: number;
}

/** Grows by itself while its points do. */
export default function Drawn({ lines, label, height }: Chart) {
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
    const times = lines.flatMap((line) => line.points.map(([at]) => at));
    const short = times.length > 0 && Math.max(...times) - Math.min(...times) < SHORT_MS;
    const text = { color: colour("--dim"), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11 };
    const shown = lines.map((line) => ({ ...line, colour: colour(`--tone-${line.tone}`) }));
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
        formatter: (rows: { value: [number, number]; seriesIndex: number }[]) =>
          [
            localClock(new Date(rows[0]?.value[0] ?? 0).toISOString()),
            ...rows.map((row) => `${lines[row.seriesIndex]?.name ?? ""}  ${lines[row.seriesIndex]?.words(row.value[1]) ?? ""}`),
          ].join("\n"),
      },
      xAxis: {
        type: "time",
        splitNumber: 4,
        axisLabel: { ...text, hideOverlap: true, formatter: short ? "{HH}:{mm}:{ss}" : "{HH}:{mm}" },
        axisLine: { lineStyle: { color: colour("--line-strong") } },
        axisTick: { show: false },
      },
      yAxis: shown.map((line) => ({
        type: "value",
        name: line.unit,
        min: 0,
        nameTextStyle: { ...text, color: line.colour, align: line.second ? "left" : "right" },
        axisLabel: text,
        splitLine: line.second ? { show: false } : { lineStyle: { color: colour("--line") } },
      })),
      series: shown.map((line, index) => ({
        name: line.name,
        type: "line",
        yAxisIndex: index,
        showSymbol: line.points.length === 1,
        ...(line.steps ? { step: "end" } : { sampling: "lttb" }),
        connectNulls: true,
        data: line.points,
        lineStyle: { width: 2, color: line.colour, ...(line.second && { type: [6, 4] }) },
        itemStyle: { color: line.colour },
        ...(!line.second && { areaStyle: { color: line.colour, opacity: 0.1 } }),
      })),
    });
  }, [lines, scheme]);

  return <div ref={box} role="img" aria-label={label} style={{ height, width: "100%" }} />;
}
