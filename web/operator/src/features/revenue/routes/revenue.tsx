import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { RevenuePage } from "../RevenuePage";

export const Route = createFileRoute("/revenue")({
  component: RevenuePage,
  validateSearch: (search: Record<string, unknown>): { month?: string } => (typeof search.month === "string" && /^\d{4}-(0[1-9]|1[0-2])$/.test(search.month) ? { month: search.month } : {}),
  staticData: { title: () => t`Revenue`, permission: "view_customers" },
});
