import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { TariffPage } from "../TariffPage";

export const Route = createFileRoute("/tariffs/$id")({
  component: TariffPage,
  staticData: { title: () => t`Tariff`, permission: "view" },
});
