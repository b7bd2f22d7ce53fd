import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { SessionPage } from "../SessionPage";

export const Route = createFileRoute("/my/sessions/$id")({
  component: SessionPage,
  staticData: { title: () => t`My session`, permission: null },
});
