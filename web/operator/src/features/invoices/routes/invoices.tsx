import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { managedSearch } from "../../../managed/ManagedPage";
import { InvoicesPage } from "../InvoicesPage";
import { KINDS } from "../kinds";

export const Route = createFileRoute("/invoices")({
  component: InvoicesPage,
  validateSearch: managedSearch(KINDS),
  staticData: { title: () => t`Invoices`, permission: "view_customers" },
});
