import { useComputedColorScheme } from "@mantine/core";
import { BarChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use as register, type EChartsType } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import type { Tone } from "../icons";

register([BarChart, GridComponent, TooltipComponent, SVGRenderer]);

export interface Bars {
  /** What stands under each bar. */
  names: string[];
  /** Stacked upon each other. */
  series: { name: string; tone: Tone; values: number[] }[];
  /** Of a sum on the axis, and in full. */
  axis: (value: number) => string;
  words: (value: number) => string;
  /** What the chart shows, for those who can't see it; its table has the numbers. */
  label: string;
  height: number;
}

/** The second of two series is hatched: they differ without colour too. */
const HATCHED = { symbol: "rect", rotation: Math.PI / 4, dashArrayX: [1, 0], dashArrayY: [3, 4], color: "#ffffff73" };

export default function DrawnBars({ names, series, axis, words, label, height }: Bars) {
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
    const text = { color: colour("--dim"), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11 };
    chart.current?.setOption(
      {
        animation: false,
        grid: { left: 4, right: 4, top: 12, bottom: 4, containLabel: true },
        tooltip: {
          trigger: "axis",
          axisPointer: { type: "shadow", shadowStyle: { color: colour("--hover"), opacity: 0.6 } },
          // Drawn, not set as HTML.
          renderMode: "richText",
          confine: true,
          backgroundColor: colour("--surface"),
          borderColor: colour("--line-strong"),
          textStyle: { color: colour("--text"), fontSize: 12 },
          formatter: (rows: { dataIndex: number; value: number; seriesName: string }[]) =>
            [names[rows[0]?.dataIndex ?? 0] ?? "", ...rows.map((row) => `${row.seriesName}  ${words(row.value)}`)].join("\n"),
        },
        xAxis: {
          type: "category",
          data: names,
          axisLabel: { ...text, hideOverlap: true },
          axisLine: { lineStyle: { color: colour("--line-strong") } },
          axisTick: { show: false },
        },
        yAxis: {
          type: "value",
          min: 0,
          splitNumber: 4,
          axisLabel: { ...text, formatter: axis },
          splitLine: { lineStyle: { color: colour("--line") } },
        },
        series: series.map((each, index) => ({
          name: each.name,
          type: "bar",
          stack: "all",
          barMaxWidth: 34,
          barCategoryGap: "25%",
          data: each.values,
          itemStyle: {
            color: colour(`--tone-${each.tone}`),
            ...(index === series.length - 1 && { borderRadius: [3, 3, 0, 0] }),
            ...(index > 0 && { decal: HATCHED }),
          },
        })),
      },
      true,
    );
  }, [names, series, axis, words, scheme]);

  return <div ref={box} role="img" aria-label={label} style={{ height, width: "100%" }} />;
}
