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
export function useSearched(state: TableState): string | undefined {
  const [text] = useDebouncedValue(state.q?.trim().slice(0, 100), 250);
  return text || undefined;
}

type Listed<T> = UseInfiniteQueryOptions<Page<T>, Error, InfiniteData<Page<T>>, readonly unknown[], string | null>;

/** A list of the server's, page by page, as a table takes it. */
export function useList<T>(query: Listed<T>) {
  const list = useInfiniteQuery({ ...query, placeholderData: keepPreviousData });
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const pages: Pages<T> = {
    hasMore: list.hasNextPage,
    outdated: list.isPlaceholderData,
    busy: list.isFetchingNextPage,
    load: () => void list.fetchNextPage(),
    all: async () => {
      const good = (result: typeof list) => {
        if (result.error) throw result.error;
        return result;
      };
      // What a list answers to this is a list as well, though its type does not say so.
      let latest = list.isPlaceholderData ? good((await list.refetch({ cancelRefetch: false })) as typeof list) : list;
      for (;;) {
        const found = latest.data?.pages.flatMap((page) => page.items) ?? [];
        if (!latest.hasNextPage || found.length >= MOST) return found;
        latest = good(await latest.fetchNextPage());
      }
    },
  };
  return { rows, pages, error: list.error, isPending: list.isPending, retry: () => void list.refetch() };
}
