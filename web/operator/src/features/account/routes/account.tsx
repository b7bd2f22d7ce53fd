import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { AccountPage } from "../AccountPage";

export const Route = createFileRoute("/account")({
  component: AccountPage,
  staticData: { title: () => t`My account`, permission: null },
});
