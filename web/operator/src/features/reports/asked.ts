import { answered, client, type ReportSchedule } from "@stationmaster/api";
import { queryOptions } from "@tanstack/react-query";
import { texts } from "../../search";
import { isKind, type Format, type Kind } from "./words";
import { lastPeriods } from "./periods";

type Language = NonNullable<ReportSchedule["language"]>;

/** Which report, as the address of the page says it. */
export interface Asked {
  report: Kind;
  /** 2026-11 or 2026-W48. */
  period: string;
  site: string | undefined;
  /** That of the organization when there is none. */
  language: string | undefined;
}

export interface ReportsSearch {
  report?: Kind | undefined;
  when?: string | undefined;
  site?: string | undefined;
  language?: string | undefined;
}

export function reportsSearch(search: Record<string, unknown>): ReportsSearch {
  const { report } = search;
  return { ...texts(search, "when", "site", "language"), ...(isKind(report) && { report }) };
}

/** What is shown when nothing was chosen: the month that is over. */
export function askedOf(search: ReportsSearch): Asked {
  const month = lastPeriods().months[1] ?? "";
  return { report: search.report ?? "site", period: search.when ?? month, site: search.site, language: search.language };
}

/** Whether there is something to ask for. */
export function isWhole({ report, site }: Asked): boolean {
  return site !== undefined || (report !== "site" && report !== "host");
}

function queryOf({ report, period, site, language }: Asked) {
  return {
    ...(period.includes("W") ? { week: period } : { month: period }),
    ...(report !== "revenue" && site !== undefined && { site }),
    ...(language !== undefined && { language: language as Language }),
  };
}

export const previewQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ["reports", asked],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/reports/preview", { params: { query: { ...queryOf(asked), report: asked.report } }, signal })),
    enabled: isWhole(asked),
  });

/** The file, as the server writes it. */
export function reportFile(asked: Asked, format: Format): Promise<unknown> {
  const query = { ...queryOf(asked), format };
  const ofSite = { ...query, site: asked.site ?? "" };
  switch (asked.report) {
    case "site":
      return answered(client.GET("/api/v1/reports/site", { params: { query: ofSite }, parseAs: "blob" }));
    case "host":
      return answered(client.GET("/api/v1/reports/host", { params: { query: ofSite }, parseAs: "blob" }));
    case "uptime":
      return answered(client.GET("/api/v1/reports/uptime", { params: { query }, parseAs: "blob" }));
    case "revenue":
      return answered(client.GET("/api/v1/reports/revenue", { params: { query }, parseAs: "blob" }));
  }
}
