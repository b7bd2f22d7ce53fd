import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { managedSearch } from "../../../managed/ManagedPage";
import { RulesPage } from "../RulesPage";

export const Route = createFileRoute("/alert-rules")({
  component: RulesPage,
  validateSearch: managedSearch(),
  staticData: { title: () => t`Rules of alerts`, permission: "administer" },
});
