import { client, type ReportSchedule } from "@stationmaster/api";
import type { Resource } from "../../managed/resource";
import { knownSort } from "../../queries";
import type { ScheduleFacts } from "./ScheduleForm";

const SORTS = ["name", "created"] as const;

/** What was removed is gone: it can be entered again in a minute. */
export const schedules: Resource<ReportSchedule, ScheduleFacts> = {
  key: "report-schedules",
  may: "administer",
  sorts: SORTS,
  list: ({ search, limit, cursor }, { sort }, signal) => client.GET("/api/v1/report-schedules", { params: { query: { search, limit, cursor, sort: knownSort(SORTS, sort) } }, signal }),
  get: (schedule_id, signal) => client.GET("/api/v1/report-schedules/{schedule_id}", { params: { path: { schedule_id } }, signal }),
  add: ({ name, report, site, rhythm, format, language, receivers, active }) => client.POST("/api/v1/report-schedules", { body: { name, report, site, rhythm, format, language, receivers, active } }),
  change: (schedule_id, header, body) => client.PATCH("/api/v1/report-schedules/{schedule_id}", { params: { path: { schedule_id }, header }, body }),
  remove: (schedule_id, header) => client.DELETE("/api/v1/report-schedules/{schedule_id}", { params: { path: { schedule_id }, header } }),
};
