import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get, query, segment } from "./client";
import type {
  Alarm,
  Command,
  Frame,
  Page,
  Quarantined,
  RefusedConnection,
  ServerStatus,
  Session,
  SessionDetail,
  Site,
  Station,
  Token,
} from "./types";

const PAGE = 50;

export const statusQuery = () =>
  queryOptions({
    queryKey: ["status"],
    queryFn: ({ signal }) => get<ServerStatus>("/status", signal),
    staleTime: 60_000,
  });

export const sitesQuery = () =>
  queryOptions({
    queryKey: ["sites"],
    queryFn: ({ signal }) => get<Page<Site>>("/sites" + query({ limit: 200 }), signal),
  });

export const stationQuery = (id: string) =>
  queryOptions({
    queryKey: ["station", id],
    queryFn: ({ signal }) => get<Station>(`/stations/${segment(id)}`, signal),
  });

export const commandsQuery = (id: string) =>
  queryOptions({
    queryKey: ["commands", id],
    queryFn: ({ signal }) => get<Page<Command>>(`/stations/${segment(id)}/commands${query({ limit: 20 })}`, signal),
  });

export const framesQuery = (id: string, action: string | null) =>
  infiniteQueryOptions({
    queryKey: ["messages", id, action],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      get<Page<Frame>>(`/stations/${segment(id)}/messages${query({ limit: PAGE, cursor: pageParam, action })}`, signal),
    getNextPageParam: (last) => last.next,
  });

export interface SessionFilters {
  station?: string | undefined;
  token?: string | undefined;
  status?: string | undefined;
  review?: "true" | undefined;
}

export const sessionsQuery = (filters: SessionFilters, limit = PAGE) =>
  infiniteQueryOptions({
    queryKey: ["sessions", filters, limit],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => get<Page<Session>>("/sessions" + query({ ...filters, limit, cursor: pageParam }), signal),
    getNextPageParam: (last) => last.next,
  });

export const sessionQuery = (id: string | null) =>
  queryOptions({
    queryKey: ["session", id ?? ""],
    enabled: id !== null,
    queryFn: ({ signal }) => get<SessionDetail>(`/sessions/${segment(id ?? "")}`, signal),
  });

export const tokensQuery = () =>
  infiniteQueryOptions({
    queryKey: ["tokens"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => get<Page<Token>>("/tokens" + query({ limit: 200, cursor: pageParam }), signal),
    getNextPageParam: (last) => last.next,
  });

export const refusedQuery = () =>
  infiniteQueryOptions({
    queryKey: ["refused"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      get<Page<RefusedConnection>>("/refused-connections" + query({ limit: PAGE, cursor: pageParam }), signal),
    getNextPageParam: (last) => last.next,
  });

export const alarmsQuery = () =>
  infiniteQueryOptions({
    queryKey: ["alarms"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => get<Page<Alarm>>("/alarms" + query({ open: true, limit: PAGE, cursor: pageParam }), signal),
    getNextPageParam: (last) => last.next,
  });

export const quarantineQuery = () =>
  infiniteQueryOptions({
    queryKey: ["quarantine"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => get<Page<Quarantined>>("/quarantine" + query({ limit: PAGE, cursor: pageParam }), signal),
    getNextPageParam: (last) => last.next,
  });
