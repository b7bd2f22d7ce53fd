import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { managedSearch } from "../../../managed/ManagedPage";
import { CustomersPage } from "../CustomersPage";

export const Route = createFileRoute("/customers/")({
  component: CustomersPage,
  validateSearch: managedSearch(),
  staticData: { title: () => t`Customers`, permission: "view_customers" },
});
