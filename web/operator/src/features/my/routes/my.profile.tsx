import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { ProfilePage } from "../ProfilePage";

export const Route = createFileRoute("/my/profile")({
  component: ProfilePage,
  staticData: { title: () => t`Profile`, permission: null },
});
