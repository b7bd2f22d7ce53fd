import { t } from "@lingui/core/macro";
import { tableState } from "@stationmaster/ui";
import { createFileRoute } from "@tanstack/react-router";
import { texts } from "../../../search";
import { AuditPage } from "../AuditPage";

export const Route = createFileRoute("/audit")({
  component: AuditPage,
  validateSearch: (search: Record<string, unknown>) => ({ ...tableState(search), ...texts(search, "subject", "actor") }),
  staticData: { title: () => t`Who did what`, permission: "view_audit" },
});
