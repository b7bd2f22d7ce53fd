import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { KeysPage } from "../KeysPage";

export const Route = createFileRoute("/api-keys")({
  component: KeysPage,
  validateSearch: tableState,
  staticData: { title: () => t`API keys`, permission: "manage_keys" },
});
