import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { MoneyPage } from "../MoneyPage";

export const Route = createFileRoute("/my/money")({
  component: MoneyPage,
  validateSearch: (search: Record<string, unknown>): { payment?: string } => (typeof search.payment === "string" ? { payment: search.payment } : {}),
  staticData: { title: () => t`Money`, permission: null },
});
