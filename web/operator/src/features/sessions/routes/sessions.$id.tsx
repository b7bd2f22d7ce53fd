import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { SessionPage } from "../SessionPage";

export const Route = createFileRoute("/sessions/$id")({
  component: SessionPage,
  staticData: { title: () => t`Session`, permission: "view" },
});
