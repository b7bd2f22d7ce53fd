import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { StartPage } from "../StartPage";

export const Route = createFileRoute("/start")({
  component: StartPage,
  staticData: { title: () => t`First steps`, permission: "view" },
});
