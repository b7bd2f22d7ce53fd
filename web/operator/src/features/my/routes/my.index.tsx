import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { ChargingPage } from "../ChargingPage";

export const Route = createFileRoute("/my/")({
  component: ChargingPage,
  validateSearch: (search: Record<string, unknown>): { request?: string } => (typeof search.request === "string" ? { request: search.request } : {}),
  staticData: { title: () => t`Charging`, permission: null },
});
