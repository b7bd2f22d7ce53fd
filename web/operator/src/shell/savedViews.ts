import { answered, ApiError, client } from "@stationmaster/api";
import { notify, type Views } from "@stationmaster/ui";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { useMay, useUser } from "../user";
import { readKept } from "./keptViews";

interface New {
  page: string;
  name: string;
  search: string;
  shared: boolean;
}

const viewsQuery = () =>
  queryOptions({
    queryKey: ["views"],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/auth/me/views", { signal })),
    staleTime: 300_000,
  });

const keepOne = (body: New) => answered(client.POST("/api/v1/auth/me/views", { body }));

/** The views of the list that is looked at: its address under a name. */
export function useSavedViews(): Views {
  const shareable = useMay("administer");
  const navigate = useNavigate();
  const { pathname, searchStr } = useRouterState({ select: ({ location }) => location });
  const queries = useQueryClient();
  const { data } = useQuery(viewsQuery());
  useBroughtAlong();
  const again = () => queries.invalidateQueries({ queryKey: ["views"] });
  const { mutate: keep } = useMutation({ mutationFn: keepOne, onError: notify.failed, onSettled: again });
  const { mutate: forget } = useMutation({
    mutationFn: (id: string) => answered(client.DELETE("/api/v1/auth/me/views/{view_id}", { params: { path: { view_id: id } } })),
    onError: notify.failed,
    onSettled: again,
  });
  return useMemo(() => {
    const here = (data?.items ?? []).filter((view) => view.page === pathname);
    return {
      list: here.map((view) => ({
        id: view.id,
        name: view.name,
        current: view.search === searchStr,
        by: view.mine ? null : view.by,
        forgettable: view.mine || shareable,
      })),
      shareable,
      keep: (name, shared) => { keep({ page: pathname, name, search: searchStr, shared }); },
      open: (id) => {
        const view = here.find((each) => each.id === id);
        if (view) void navigate({ to: pathname + view.search } as Parameters<typeof navigate>[0]);
      },
      forget: (id) => { forget(id); },
    };
  }, [data, forget, keep, navigate, pathname, searchStr, shareable]);
}

/** What this browser kept by itself, before the server did, goes there once. */
function useBroughtAlong(): void {
  const { email } = useUser();
  const queries = useQueryClient();
  useEffect(() => {
    const kept = readKept(localStorage, email);
    if (kept.views.length === 0) return;
    const bring = async () => {
      const there = await queries.fetchQuery(viewsQuery());
      const known = (view: { page: string; name: string }) => there.items.some((each) => each.mine && each.page === view.page && each.name === view.name);
      for (const view of kept.views.filter((each) => !known(each))) {
        try {
          await keepOne({ ...view, shared: false });
        } catch (error) {
          // What the server never takes is left behind; what it could not take now is brought the next time.
          if (!(error instanceof ApiError) || error.status !== 422) return;
        }
      }
      kept.forget();
      await queries.invalidateQueries({ queryKey: ["views"] });
    };
    bring().catch(() => undefined);
  }, [email, queries]);
}
