import { answered, tagged, type Answer, type Page } from "@stationmaster/api";
import { queryOptions, type QueryClient } from "@tanstack/react-query";
import { PAGE, pages } from "../queries";
import type { Permission } from "../user";

/** What everything that people manage has. */
export interface Thing {
  id: string;
  name: string;
  created_at: string;
}

interface Asked {
  search?: string | undefined;
  /** Only those that were removed. */
  deleted?: boolean;
  limit: number;
  cursor: string | null;
}

/** Which of them a list has: in the names of the resource's states and sorts, and of filters that it may have. */
export interface Chosen {
  state?: string | undefined;
  sort?: string | undefined;
  customer?: string | undefined;
  group?: string | undefined;
}

/** A kind of thing that people manage: how it is listed, fetched, added, changed, removed and restored. `F` are the facts that a form sends. */
export interface Resource<T extends Thing, F = object> {
  /** The first part of the key of whatever is fetched of it. */
  key: string;
  /** The keys of other resources that show something of it. */
  shownBy?: readonly string[];
  /** What it takes to change them; null: they are one's own. */
  may: Permission | null;
  sorts: readonly string[];
  list: (asked: Asked, chosen: Chosen, signal: AbortSignal) => Promise<Answer<Page<T>>>;
  get: (id: string, signal?: AbortSignal) => Promise<Answer<T>>;
  add: (facts: F & { id: string | null }) => Promise<Answer<T>>;
  change: (id: string, header: IfMatch, facts: Partial<F>) => Promise<Answer<T>>;
  remove: (id: string, header: IfMatch) => Promise<Answer<unknown>>;
  /** Where what was removed can be brought back. */
  restore?: (id: string) => Promise<Answer<T>>;
}

export interface IfMatch {
  "If-Match": string;
}

type Listed<T extends Thing> = Pick<Resource<T>, "key" | "list">;

export const listQuery = <T extends Thing>({ key, list }: Listed<T>, wanted: Omit<Asked, "limit" | "cursor"> & Chosen) => {
  const { search, deleted, ...chosen } = wanted;
  return pages([key, "list", wanted], ({ cursor, signal }) => answered(list({ search, ...(deleted && { deleted }), limit: PAGE, cursor }, chosen, signal)));
};

/** As many as one looks through to choose from; who wants another types more of its name. */
const FEW = 30;

/** Those that are called so, or the first there are. */
export const foundQuery = <T extends Thing>({ key, list }: Listed<T>, text: string) =>
  queryOptions({
    queryKey: [key, "found", text],
    queryFn: async ({ signal }) => (await answered(list({ search: text || undefined, limit: FEW, cursor: null }, {}, signal))).items,
  });

export const oneQuery = <T extends Thing>({ key, get }: Pick<Resource<T>, "key" | "get">, id: string) =>
  queryOptions({ queryKey: [key, "one", id], queryFn: ({ signal }) => tagged(get(id, signal)) });

/** Fetches anew what is shown of it, but what was asked of the one that was removed just now. */
export function refresh(queries: QueryClient, { key, shownBy = [] }: Pick<Resource<Thing>, "key" | "shownBy">, removed?: string) {
  return queries.invalidateQueries({
    predicate: ({ queryKey: [of, kind, id] }) =>
      [key, ...shownBy].includes(of as string) && (removed === undefined || of !== key || kind === "list" || kind === "found" || id !== removed),
  });
}

/** An answer with what it holds as the pages know it. */
export async function changedInto<T, U>(asked: Promise<Answer<T>>, f: (value: T) => U): Promise<Answer<U>> {
  const { data, ...answer } = await asked;
  return { ...answer, ...(data !== undefined && { data: f(data) }) };
}
