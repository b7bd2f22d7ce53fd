import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { managedSearch } from "../../../managed/ManagedPage";
import { TariffsPage } from "../TariffsPage";
import { STATUSES } from "../words";

export const Route = createFileRoute("/tariffs/")({
  component: TariffsPage,
  validateSearch: managedSearch(STATUSES),
  staticData: { title: () => t`Tariffs`, permission: "view" },
});
