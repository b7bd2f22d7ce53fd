import { answered, client, type Query } from "@stationmaster/api";
import { queryOptions } from "@tanstack/react-query";

/** Which figures: of what, and of which days. */
export interface Asked {
  site?: string | undefined;
  station?: string | undefined;
  /** Days, "2026-11-25": the first, and the one after the last. */
  from?: string | undefined;
  to?: string | undefined;
}

export type By = NonNullable<Query<"/api/v1/figures">["by"]>;
export type FaultsBy = NonNullable<Query<"/api/v1/figures/faults">["by"]>;
export type AvailabilityBy = NonNullable<Query<"/api/v1/figures/availability">["by"]>;

/** Sums grow by the hour; a page that is open asks again now and then. */
const AGAIN_MS = 60_000;

export const overviewQuery = ({ site, station }: Asked) =>
  queryOptions({
    queryKey: ["overview", site, station],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/overview", { params: { query: { site, station } }, signal })),
    refetchInterval: AGAIN_MS,
  });

export const figuresQuery = (by: By, asked: Asked) =>
  queryOptions({
    queryKey: ["figures", by, asked],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/figures", { params: { query: { by, ...asked } }, signal })),
    staleTime: AGAIN_MS,
  });

export const startsQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ["figures", "starts", asked],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/figures/starts", { params: { query: asked }, signal })),
    staleTime: AGAIN_MS,
  });

export const availabilityQuery = (by: AvailabilityBy, asked: Asked) =>
  queryOptions({
    queryKey: ["figures", "availability", by, asked],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/figures/availability", { params: { query: { by, ...asked } }, signal })),
    staleTime: AGAIN_MS,
  });

export const faultsQuery = (by: FaultsBy, asked: Asked) =>
  queryOptions({
    queryKey: ["figures", "faults", by, asked],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/figures/faults", { params: { query: { by, ...asked } }, signal })),
    staleTime: AGAIN_MS,
  });
