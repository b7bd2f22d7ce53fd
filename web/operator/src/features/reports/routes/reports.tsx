import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { ReportsPage } from "../ReportsPage";
import { reportsSearch } from "../asked";

export const Route = createFileRoute("/reports")({
  component: ReportsPage,
  validateSearch: reportsSearch,
  staticData: { title: () => t`Reports`, permission: "view" },
});
