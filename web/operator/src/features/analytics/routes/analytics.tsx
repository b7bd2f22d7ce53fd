import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { figuresSearch, type FiguresSearch } from "../../../figures/Asking";
import { AnalyticsPage, isStep } from "../AnalyticsPage";
import type { Step } from "../../../figures/OverTime";

export const Route = createFileRoute("/analytics")({
  component: AnalyticsPage,
  validateSearch: (search: Record<string, unknown>): FiguresSearch & { by?: Step } => ({ ...figuresSearch(search), ...(isStep(search.by) && { by: search.by }) }),
  staticData: { title: () => t`Analytics`, permission: "view" },
});
