import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { figuresSearch } from "../../../figures/Asking";
import { HomePage } from "../HomePage";

export const Route = createFileRoute("/")({
  component: HomePage,
  validateSearch: figuresSearch,
  staticData: { title: () => t`Home`, permission: "view" },
});
