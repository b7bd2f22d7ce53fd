import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { FirmwarePage } from "../FirmwarePage";

export const Route = createFileRoute("/firmware")({
  component: FirmwarePage,
  validateSearch: tableState,
  staticData: { title: () => t`Firmware`, permission: "view" },
});
