import { t } from "@lingui/core/macro";
import type { Tariff } from "@stationmaster/api";
import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import { ManagedPage } from "../../managed/ManagedPage";
import { tariffColumns } from "./columns";
import { tariffs } from "./resource";
import { TariffForm } from "./TariffForm";
import { removeAbout, STATUSES, tariffWord } from "./words";

/** What charging costs. */
export function TariffsPage() {
  const navigate = useNavigate();
  const show = useCallback(({ id }: Tariff) => void navigate({ to: "/tariffs/$id", params: { id }, ignoreBlocker: true }), [navigate]);
  return (
    <ManagedPage
      resource={tariffs}
      testid="tariff"
      columns={tariffColumns}
      show={show}
      states={STATUSES.map((value) => ({ value, label: tariffWord(value) }))}
      form={(props) => <TariffForm {...props} />}
      words={{
        title: t`Tariffs`,
        add: t`Add tariff`,
        addTitle: t`Add a tariff`,
        editTitle: t`Edit this tariff`,
        search: t`Search tariffs…`,
        noMatch: t`No tariff matches`,
        none: t`No tariffs yet`,
        noneAbout: t`A tariff says what a kWh, a minute or a session costs, and in which currency.`,
        removeTitle: t`Remove this tariff?`,
        removeAbout,
      }}
    />
  );
}
