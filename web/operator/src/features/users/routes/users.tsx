import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { UsersPage } from "../UsersPage";

export const Route = createFileRoute("/users")({
  component: UsersPage,
  validateSearch: tableState,
  staticData: { title: () => t`Users`, permission: "manage_users" },
});
