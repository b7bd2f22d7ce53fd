import type { Views } from "@stationmaster/ui";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useUser } from "../user";

/** Where the views of one person are kept in this browser: by page, name and address. */
const keyOf = (user: string) => `stationmaster-views ${user}`;

type Kept = Record<string, Record<string, string>>;

function read(key: string): Kept {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    return typeof found === "object" && found !== null ? (found as Kept) : {};
  } catch {
    // Whatever else has written there, or a browser that keeps nothing: there are no views.
    return {};
  }
}

/** The views of the list that is looked at: its address under a name. */
export function useSavedViews(): Views {
  const key = keyOf(useUser().email);
  const navigate = useNavigate();
  const { pathname, searchStr } = useRouterState({ select: ({ location }) => location });
  const [kept, setKept] = useState<Kept>(() => read(key));
  return useMemo(() => {
    const here = kept[pathname] ?? {};
    const change = (views: Record<string, string>) => {
      const next = { ...read(key), [pathname]: views };
      localStorage.setItem(key, JSON.stringify(next));
      setKept(next);
    };
    return {
      list: Object.entries(here).map(([name, search]) => ({ name, current: search === searchStr })),
      keep: (name) => { change({ ...here, [name]: searchStr }); },
      open: (name) => void navigate({ to: pathname + (here[name] ?? "") } as Parameters<typeof navigate>[0]),
      forget: (name) => { change(Object.fromEntries(Object.entries(here).filter(([each]) => each !== name))); },
    };
  }, [key, kept, navigate, pathname, searchStr]);
}
