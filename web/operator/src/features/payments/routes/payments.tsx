import { t } from "@lingui/core/macro";
import { managedSearch } from "../../../managed/ManagedPage";
import { createFileRoute } from "@tanstack/react-router";
import { PaymentsPage } from "../PaymentsPage";
import { STATES } from "../words";

export const Route = createFileRoute("/payments")({
  component: PaymentsPage,
  validateSearch: managedSearch(STATES),
  staticData: { title: () => t`Payments`, permission: "view_customers" },
});
