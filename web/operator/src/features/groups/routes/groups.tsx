import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { managedSearch } from "../../../managed/ManagedPage";
import { GroupsPage } from "../GroupsPage";

export const Route = createFileRoute("/groups")({
  component: GroupsPage,
  validateSearch: managedSearch(),
  staticData: { title: () => t`Customer groups`, permission: "view_customers" },
});
