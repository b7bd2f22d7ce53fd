import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { managedSearch } from "../../../managed/ManagedPage";
import { UsersPage } from "../UsersPage";

export const Route = createFileRoute("/users")({
  component: UsersPage,
  validateSearch: managedSearch(),
  staticData: { title: () => t`Users`, permission: "manage_users" },
});
