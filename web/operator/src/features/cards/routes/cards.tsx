import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { managedSearch } from "../../../managed/ManagedPage";
import { texts } from "../../../search";
import { CardsPage } from "../CardsPage";
import { CARD_STATES } from "../resource";

const managed = managedSearch(CARD_STATES);

export const Route = createFileRoute("/cards")({
  component: CardsPage,
  validateSearch: (search: Record<string, unknown>) => ({ ...managed(search), ...texts(search, "group", "customer") }),
  staticData: { title: () => t`Cards`, permission: "view" },
});
