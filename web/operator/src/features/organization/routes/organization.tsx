import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { OrganizationPage } from "../OrganizationPage";

export const Route = createFileRoute("/organization")({
  component: OrganizationPage,
  staticData: { title: () => t`Organization`, permission: "administer" },
});
