import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { managedSearch } from "../../../managed/ManagedPage";
import { SitesPage } from "../SitesPage";
import { STATUSES } from "../words";

export const Route = createFileRoute("/sites/")({
  component: SitesPage,
  validateSearch: managedSearch(STATUSES),
  staticData: { title: () => t`Sites`, permission: "view" },
});
