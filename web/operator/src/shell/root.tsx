import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Empty, ViewsContext } from "@stationmaster/ui";
import { createRootRoute, Link, Outlet, useMatches } from "@tanstack/react-router";
import { useEffect } from "react";
import { nameTab } from "../search";
import { may, useUser } from "../user";
import { useSavedViews } from "./savedViews";
import { Shell } from "./Shell";

export const Route = createRootRoute({
  component: Root,
  notFoundComponent: () => (
    <Empty page title={t`There is no such page`}>
      <Link to="/">
        <Trans>To the first page</Trans>
      </Link>
    </Empty>
  ),
  staticData: { title: () => "", permission: "view" },
});

function Root() {
  const page = useMatches().at(-1);
  const title = page?.staticData.title(page.params) ?? "";
  useEffect(() => {
    nameTab(title);
  }, [title]);
  const views = useSavedViews();
  const allowed = may(useUser(), page ? page.staticData.permission : "view");
  return (
    <Shell>
      {allowed ? (
        <ViewsContext value={views}>
          <Outlet />
        </ViewsContext>
      ) : (
        <Empty page title={t`You may not see this page`}>
          <p>
            <Trans>Ask an administrator if you need it.</Trans>
          </p>
        </Empty>
      )}
    </Shell>
  );
}
