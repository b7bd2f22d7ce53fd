import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Modal, Select, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { answered, client, type Tariff } from "@stationmaster/api";
import { At, Confirm, DataTable, Empty, Icon, listCss, notify, PageHead, Problem, tableCss, Waiting, type Column } from "@stationmaster/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { FormModal } from "../../FormModal";
import { useList, useSearched, useTableState } from "../../lists";
import { useFocus } from "../../live/useFocus";
import { knownSort } from "../../queries";
import { RestoreButton } from "../../RestoreButton";
import thing from "../../thing.module.css";
import { Only } from "../../user";
import { TARIFF_SORTS, tariffListQuery, tariffQuery } from "./queries";
import { TariffForm } from "./TariffForm";
import { Terms } from "./Terms";
import { priceWord } from "./words";

const route = getRouteApi("/tariffs");

/** What charging costs. */
export function TariffsPage() {
  useFocus(null);
  const removed = route.useSearch().state === "removed";
  const navigate = route.useNavigate();
  const queries = useQueryClient();
  const [state, setState] = useTableState();
  const [adding, add] = useDisclosure(false);
  const [editing, edit] = useState<Tariff | null>(null);
  const [prices, setPrices] = useState<Tariff | null>(null);
  const [removing, setRemoving] = useState<Tariff | null>(null);
  const search = useSearched(state);
  const list = useList<Tariff>(tariffListQuery({ search, deleted: removed, sort: knownSort(TARIFF_SORTS, state.sort) }));
  const columns = useMemo(() => tariffColumns(removed, setPrices, edit, setRemoving), [removed]);
  const name = removing?.name ?? "";
  const remove = async () => {
    await answered(client.DELETE("/api/v1/tariffs/{tariff_id}", { params: { path: { tariff_id: removing?.id ?? "" } } }));
    await queries.invalidateQueries({ queryKey: ["tariffs"] });
    notify.done(t`${name} is removed`);
  };
  const button = (
    <Only may="administer">
      <Button leftSection={<Icon name="plus" size={16} />} onClick={add.open} data-testid="add-tariff">
        <Trans>Add tariff</Trans>
      </Button>
    </Only>
  );
  const narrowed = removed || search !== undefined;
  return (
    <>
      <PageHead title={t`Tariffs`}>{(list.rows.length > 0 || narrowed) && button}</PageHead>
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Tariffs`}
          columns={columns}
          rows={list.rows}
          rowId={(tariff) => `${tariff.id} ${tariff.created_at}`}
          state={state}
          onState={setState}
          pages={list.pages}
          sortable={TARIFF_SORTS}
          search={t`Search tariffs…`}
          searchedByServer
          filters={
            <Select
              className={thing.filter ?? ""}
              aria-label={t`State`}
              placeholder={t`All there are`}
              data={[{ value: "removed", label: t`Removed` }]}
              value={removed ? "removed" : null}
              onChange={(value) => void navigate({ search: (old) => ({ ...old, state: value === "removed" ? value : undefined }), replace: true, resetScroll: false })}
              clearable
              clearButtonProps={{ "aria-label": t`Clear` }}
            />
          }
          empty={
            narrowed ? (
              <Empty title={removed && !search ? t`Nothing was removed` : t`No tariff matches`} />
            ) : (
              <Empty title={t`No tariffs yet`}>
                <p>
                  <Trans>A tariff says what a kWh, a minute or a session costs, and in which currency.</Trans>
                </p>
                {button}
              </Empty>
            )
          }
        />
      )}
      <FormModal opened={adding} onClose={add.close} title={t`Add a tariff`}>
        <TariffForm onDone={add.close} />
      </FormModal>
      <FormModal opened={editing !== null} onClose={() => { edit(null); }} title={t`Edit this tariff`}>
        {editing && <Edit id={editing.id} onDone={() => { edit(null); }} />}
      </FormModal>
      <Modal opened={prices !== null} onClose={() => { setPrices(null); }} title={t`Prices of ${prices?.name ?? ""}`} size="lg">
        {prices && <Terms id={prices.id} />}
      </Modal>
      <Confirm opened={removing !== null} onClose={() => { setRemoving(null); }} title={t`Remove this tariff?`} action={t`Remove`} run={remove}>
        <Text size="sm" className="hostile">
          <Trans>{name} leaves the list, and can be restored there. A tariff that a site, a charger or a connector names, or that holds everywhere, can't be removed.</Trans>
        </Text>
      </Confirm>
    </>
  );
}

/** The form with what is there now, and in which version. */
function Edit({ id, onDone }: { id: string; onDone: () => void }) {
  const { data, error } = useQuery({ ...tariffQuery(id), gcTime: 0 });
  if (error) return <Problem error={error} />;
  return data ? <TariffForm tariff={data} onDone={onDone} /> : <Waiting />;
}

function tariffColumns(removed: boolean, terms: (one: Tariff) => void, edit: (one: Tariff) => void, remove: (one: Tariff) => void): Column<Tariff>[] {
  return [
    { id: "name", head: t`Tariff`, value: (one) => one.name, cell: (one) => <span className="hostile">{one.name}</span> },
    { id: "price", head: t`Price`, value: priceWord },
    { id: "tax", head: t`Tax`, value: (one) => `${one.tax_percent} %` },
    { id: "where", head: t`Holds`, value: (one) => (one.status === "inactive" ? t`Not in use` : one.standard ? t`Wherever no other does` : t`Where it is named`) },
    { id: "since", head: t`Price since`, card: "hidden", extra: true, value: (one) => one.valid_from, cell: (one) => <At at={one.valid_from} /> },
    { id: "id", head: t`Id`, extra: true, value: (one) => one.id },
    { id: "created", head: t`Added`, card: "hidden", value: (one) => one.created_at, cell: (one) => <At at={one.created_at} /> },
    {
      id: "actions",
      head: t`Actions`,
      value: () => null,
      actions: true,
      right: true,
      cell: (one) => (
        <Only may="administer">
          {removed ? (
            <RestoreButton
              name={one.name}
              changes={["tariffs"]}
              restore={() => answered(client.POST("/api/v1/tariffs/{tariff_id}/restore", { params: { path: { tariff_id: one.id } } }))}
            />
          ) : (
            <div className={`${listCss.row} ${tableCss.above}`}>
              <Button size="compact-sm" variant="subtle" color="gray" onClick={() => { terms(one); }} aria-label={t`Prices of ${one.name}`}>
                <Trans>Prices</Trans>
              </Button>
              <Button size="compact-sm" variant="subtle" color="gray" onClick={() => { edit(one); }} aria-label={t`Edit ${one.name}`}>
                <Trans>Edit</Trans>
              </Button>
              <Button size="compact-sm" variant="subtle" color="gray" onClick={() => { remove(one); }} aria-label={t`Remove ${one.name}`}>
                <Trans>Remove…</Trans>
              </Button>
            </div>
          )}
        </Only>
      ),
    },
  ];
}
