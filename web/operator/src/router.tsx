import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { Empty, Problem, Waiting } from "@stationmaster/ui";
import { createRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { routeTree } from "./routeTree.gen";
import type { Permission } from "./user";

export const router = createRouter({
  routeTree,
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
  /** What every page says of itself; one that does not is refused by the compiler. */
  interface StaticDataRouteOption {
    /** For the browser's tab and its history. */
    title: (params: Record<string, string>) => string;
    /** What its reader must be allowed to do; null: to sign in is enough. */
    permission: Permission | null;
  }
}

/** A page that broke. After an update of the server its old files are gone; loading anew brings the new ones. */
function PageError({ error, reset }: ErrorComponentProps) {
  return (
    <Empty page title={t`This page could not be shown`}>
      <Problem error={error} retry={reset} />
      <Button
        variant="default"
        onClick={() => {
          window.location.reload();
        }}
      >
        <Trans>Load anew</Trans>
      </Button>
    </Empty>
  );
}
