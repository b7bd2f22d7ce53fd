import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { CustomerPage } from "../CustomerPage";

export const Route = createFileRoute("/customers/$id")({
  component: CustomerPage,
  staticData: { title: () => t`Customer`, permission: "view_customers" },
});
