import { tableState, type Pages, type TableState } from "@stationmaster/ui";
import { keepPreviousData, useInfiniteQuery, type InfiniteData, type UseInfiniteQueryOptions } from "@tanstack/react-query";
import { useDebouncedValue } from "@mantine/hooks";
import type { Page } from "@stationmaster/api";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { MOST } from "./queries";

/** What the reader has chosen in a table, kept in the address; a page with several tables names each. */
export function useTableState(name = ""): [TableState, (next: TableState) => void] {
  const search: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const change = ({ q, sort, columns }: TableState) => {
    void navigate({
      to: ".",
      search: (old: Record<string, unknown>) => ({ ...old, [`${name}q`]: q, [`${name}sort`]: sort, [`${name}columns`]: columns }),
      replace: true,
      resetScroll: false,
    } as Parameters<typeof navigate>[0]);
  };
  return [tableState({ q: search[`${name}q`], sort: search[`${name}sort`], columns: search[`${name}columns`] }), change];
}

/** What is chosen in a filter, kept in the address. */
export function useChosen(name: string): [string | undefined, (next: string | null) => void] {
  const search: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const choose = (next: string | null) => {
    void navigate({
      to: ".",
      search: (old: Record<string, unknown>) => ({ ...old, [name]: next ?? undefined }),
      replace: true,
      resetScroll: false,
    } as Parameters<typeof navigate>[0]);
  };
  return [search[name] as string | undefined, choose];
}

/** What is searched for, once the typing has paused; a server that is asked at each letter answers in any order. */
export function useSearched(state: TableState): { search: string | undefined; typing: boolean } {
  const typed = state.q?.trim().slice(0, 100) || undefined;
  const [search] = useDebouncedValue(typed, 250);
  return { search, typing: search !== typed };
}

const AGAIN_MS = 5_000;
const FEW_PAGES = 3;

type Listed<T> = UseInfiniteQueryOptions<Page<T>, Error, InfiniteData<Page<T>>, readonly unknown[], string | null>;

interface Manner<T> {
  /** While somebody types, the rows are those of the text before. */
  typing?: boolean;
  /** Rows that will soon say something else: the list is asked for again while there is one, and few pages are open. */
  underWay?: (row: T) => boolean;
  /** Rows come by themselves, and nothing tells of them: the list is asked for again anyway. */
  grows?: boolean;
}

/** A list of the server's, page by page, as a table takes it. */
export function useList<T>(query: Listed<T>, { typing = false, underWay, grows = false }: Manner<T> = {}) {
  const list = useInfiniteQuery({
    ...query,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => {
      const open = state.data?.pages ?? [];
      const soon = grows || (underWay !== undefined && open.some((page) => page.items.some(underWay)));
      return soon && open.length <= FEW_PAGES ? AGAIN_MS : false;
    },
  });
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const pages: Pages<T> = {
    hasMore: list.hasNextPage,
    outdated: typing || list.isPlaceholderData,
    busy: list.isFetchingNextPage,
    load: () => void list.fetchNextPage(),
    all: async () => {
      let latest = list;
      for (;;) {
        const found = latest.data?.pages.flatMap((page) => page.items) ?? [];
        if (!latest.hasNextPage || found.length >= MOST) return found;
        latest = await latest.fetchNextPage();
        if (latest.error) throw latest.error;
      }
    },
  };
  return { rows, pages, error: list.error, isPending: list.isPending, retry: () => void list.refetch() };
}

/** Where a day begins, here, as the server is asked; `later` is 1 for the day after it. What is no day asks for nothing. */
export function beginningOf(day: string | undefined, later: 0 | 1): string | undefined {
  if (!day || !/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  const at = new Date(`${day}T00:00:00`);
  if (Number.isNaN(at.getTime())) return undefined;
  at.setDate(at.getDate() + later);
  return at.toISOString();
}
