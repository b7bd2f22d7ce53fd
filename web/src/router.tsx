import { Button } from "@mantine/core";
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link, type ErrorComponentProps } from "@tanstack/react-router";
import { Empty, Problem, Waiting } from "./components/bits";
import { Shell } from "./components/Shell";
import { FleetPage } from "./pages/fleet/FleetPage";

type Search = Record<string, unknown>;

/** A search parameter as text, or nothing. Addresses are typed by people: anything else is left out. */
function text(search: Search, key: string): string | undefined {
  const value = search[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function only<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined)) as { [K in keyof T]?: NonNullable<T[K]> };
}

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <Empty title="There is no such page">
      <Link to="/">To the chargers</Link>
    </Empty>
  ),
});

const fleet = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: FleetPage,
  validateSearch: (s: Search) => only({ q: text(s, "q"), state: text(s, "state") }),
});

const charger = createRoute({
  getParentRoute: () => root,
  path: "/chargers/$id",
  component: lazyRouteComponent(() => import("./pages/charger/ChargerPage"), "ChargerPage"),
});

const sessions = createRoute({
  getParentRoute: () => root,
  path: "/sessions",
  component: lazyRouteComponent(() => import("./pages/sessions/SessionsPage"), "SessionsPage"),
  validateSearch: (s: Search) => only({ station: text(s, "station"), token: text(s, "token"), status: text(s, "status") }),
});

const session = createRoute({
  getParentRoute: () => root,
  path: "/sessions/$id",
  component: lazyRouteComponent(() => import("./pages/sessions/SessionPage"), "SessionPage"),
});

const tokens = createRoute({
  getParentRoute: () => root,
  path: "/tokens",
  component: lazyRouteComponent(() => import("./pages/TokensPage"), "TokensPage"),
});

const refused = createRoute({
  getParentRoute: () => root,
  path: "/refused",
  component: lazyRouteComponent(() => import("./pages/RefusedPage"), "RefusedPage"),
});

const review = createRoute({
  getParentRoute: () => root,
  path: "/review",
  component: lazyRouteComponent(() => import("./pages/ReviewPage"), "ReviewPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([fleet, charger, sessions, session, tokens, review, refused]),
  defaultPreload: "intent",
  defaultPendingComponent: Waiting,
  defaultErrorComponent: PageError,
  scrollRestoration: true,
  // Plain text both ways: a card called 0123 must not come back as a number.
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: (search) => {
    const given = Object.entries(search).filter(([, v]) => v !== undefined && v !== "");
    return given.length === 0 ? "" : "?" + new URLSearchParams(given.map(([k, v]) => [k, String(v)])).toString();
  },
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

/** A page that broke. After an update of the server its old files are gone; loading anew brings the new ones. */
function PageError({ error, reset }: ErrorComponentProps) {
  return (
    <Empty title="This page could not be shown">
      <Problem error={error} retry={reset} />
      <Button
        variant="default"
        onClick={() => {
          window.location.reload();
        }}
      >
        Load anew
      </Button>
    </Empty>
  );
}
