import { t } from "@lingui/core/macro";
import { Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { Tariff } from "@stationmaster/api";
import { ManagedPage } from "../../managed/ManagedPage";
import { RowButton } from "../../managed/RowButton";
import { tariffColumns } from "./columns";
import { tariffs } from "./resource";
import { TariffForm } from "./TariffForm";
import { Terms } from "./Terms";
import { STATUSES, tariffWord } from "./words";

/** What charging costs. */
export function TariffsPage() {
  return (
    <ManagedPage
      resource={tariffs}
      testid="tariff"
      columns={tariffColumns}
      buttons={pricesButton}
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
        removeAbout: (name) =>
          t`${name} leaves the list, and can be restored there. A tariff that a site, a charger or a connector names, or that holds everywhere, can't be removed.`,
      }}
    />
  );
}

function pricesButton(one: Tariff) {
  return <Prices tariff={one} />;
}

function Prices({ tariff: { id, name } }: { tariff: Tariff }) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <RowButton label={t`Prices of ${name}`} run={open}>{t`Prices`}</RowButton>
      <Modal opened={opened} onClose={close} title={t`Prices of ${name}`} size="xl" centered>
        <Terms id={id} />
      </Modal>
    </>
  );
}
