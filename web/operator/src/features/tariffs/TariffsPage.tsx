import { t } from "@lingui/core/macro";
import { Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { Tariff } from "@stationmaster/api";
import { At, type Column } from "@stationmaster/ui";
import { ManagedPage } from "../../managed/ManagedPage";
import { RowButton } from "../../managed/RowButton";
import { tariffs } from "./resource";
import { TariffForm } from "./TariffForm";
import { Terms } from "./Terms";
import { priceWord } from "./words";

/** What charging costs. */
export function TariffsPage() {
  return (
    <ManagedPage
      resource={tariffs}
      testid="tariff"
      columns={tariffColumns}
      buttons={pricesButton}
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

function tariffColumns(): Column<Tariff>[] {
  return [
    { id: "name", head: t`Tariff`, value: (one) => one.name, cell: (one) => <span className="hostile">{one.name}</span> },
    { id: "price", head: t`Price`, value: priceWord },
    { id: "tax", head: t`Tax`, value: (one) => `${one.tax_percent} %` },
    { id: "where", head: t`Holds`, value: (one) => (one.status === "inactive" ? t`Not in use` : one.standard ? t`Wherever no other does` : t`Where it is named`) },
    { id: "since", head: t`Price since`, card: "hidden", extra: true, value: (one) => one.valid_from, cell: (one) => <At at={one.valid_from} /> },
    { id: "id", head: t`Id`, extra: true, value: (one) => one.id },
    { id: "created", head: t`Added`, card: "hidden", value: (one) => one.created_at, cell: (one) => <At at={one.created_at} /> },
  ];
}

function pricesButton(one: Tariff) {
  return <Prices tariff={one} />;
}

function Prices({ tariff: { id, name } }: { tariff: Tariff }) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <RowButton label={t`Prices of ${name}`} run={open}>{t`Prices`}</RowButton>
      <Modal opened={opened} onClose={close} title={t`Prices of ${name}`} size="lg">
        <Terms id={id} />
      </Modal>
    </>
  );
}
