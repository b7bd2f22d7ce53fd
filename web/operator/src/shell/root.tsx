import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Empty, ViewsContext } from "@stationmaster/ui";
import { createRootRoute, Link, Outlet, useMatches, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { nameTab } from "../search";
import { isDriver, may, useUser } from "../user";
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
  const user = useUser();
  const allowed = may(user, page ? page.staticData.permission : "view");
  // Who charges lands on what is their own.
  const astray = isDriver(user) && page?.pathname === "/";
  const navigate = useNavigate();
  useEffect(() => {
    if (astray) void navigate({ to: "/my", replace: true });
  }, [astray, navigate]);
  return (
    <Shell>
      {allowed ? (
        <ViewsContext value={views}>
          <Outlet />
        </ViewsContext>
      ) : astray ? null : (
        <Empty page title={t`You may not see this page`}>
          <p>
            <Trans>Ask an administrator if you need it.</Trans>
          </p>
        </Empty>
      )}
    </Shell>
  );
}
