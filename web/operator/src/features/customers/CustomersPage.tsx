import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { answered, client, type Customer } from "@stationmaster/api";
import { At, Confirm, DataTable, Empty, Icon, listCss, notify, PageHead, Problem, tableCss, Waiting, type Column } from "@stationmaster/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { FormModal } from "../../FormModal";
import { useList, useSearched, useTableState } from "../../lists";
import { useFocus } from "../../live/useFocus";
import { CUSTOMER_SORTS, customerListQuery, customerQuery, knownSort } from "../../queries";
import { RestoreButton } from "../../RestoreButton";
import thing from "../../thing.module.css";
import { Only } from "../../user";
import { CustomerForm } from "./CustomerForm";

const route = getRouteApi("/customers");

/** Who charges and is billed. */
export function CustomersPage() {
  useFocus(null);
  const removed = route.useSearch().state === "removed";
  const navigate = route.useNavigate();
  const queries = useQueryClient();
  const [state, setState] = useTableState();
  const [adding, add] = useDisclosure(false);
  const [editing, edit] = useState<Customer | null>(null);
  const [removing, setRemoving] = useState<Customer | null>(null);
  const search = useSearched(state);
  const list = useList<Customer>(customerListQuery({ search, deleted: removed, sort: knownSort(CUSTOMER_SORTS, state.sort) }));
  const columns = useMemo(() => customerColumns(removed, edit, setRemoving), [removed]);
  const name = removing?.name ?? "";
  const remove = async () => {
    await answered(client.DELETE("/api/v1/customers/{customer_id}", { params: { path: { customer_id: removing?.id ?? "" } } }));
    await queries.invalidateQueries({ queryKey: ["customers"] });
    notify.done(t`${name} is removed`);
  };
  const button = (
    <Only may="manage_customers">
      <Button leftSection={<Icon name="plus" size={16} />} onClick={add.open} data-testid="add-customer">
        <Trans>Add customer</Trans>
      </Button>
    </Only>
  );
  const narrowed = removed || search !== undefined;
  return (
    <>
      <PageHead title={t`Customers`}>{(list.rows.length > 0 || narrowed) && button}</PageHead>
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Customers`}
          columns={columns}
          rows={list.rows}
          rowId={(customer) => `${customer.id} ${customer.created_at}`}
          state={state}
          onState={setState}
          pages={list.pages}
          sortable={CUSTOMER_SORTS}
          search={t`Search name, phone, card…`}
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
              <Empty title={removed && !search ? t`Nothing was removed` : t`No customer matches`} />
            ) : (
              <Empty title={t`No customers yet`}>
                <p>
                  <Trans>A customer is who charges: a person or a company, with cards and vehicles.</Trans>
                </p>
                {button}
              </Empty>
            )
          }
        />
      )}
      <FormModal opened={adding} onClose={add.close} title={t`Add a customer`}>
        <CustomerForm onDone={add.close} />
      </FormModal>
      <FormModal opened={editing !== null} onClose={() => { edit(null); }} title={t`Edit this customer`}>
        {editing && <Edit id={editing.id} onDone={() => { edit(null); }} />}
      </FormModal>
      <Confirm opened={removing !== null} onClose={() => { setRemoving(null); }} title={t`Remove this customer?`} action={t`Remove`} run={remove}>
        <Text size="sm" className="hostile">
          <Trans>{name} leaves the list, and can be restored there. Past sessions keep whose they were.</Trans>
        </Text>
      </Confirm>
    </>
  );
}

/** The form with what is there now, and in which version. */
function Edit({ id, onDone }: { id: string; onDone: () => void }) {
  const { data, error } = useQuery({ ...customerQuery(id), gcTime: 0 });
  if (error) return <Problem error={error} />;
  return data ? <CustomerForm customer={data} onDone={onDone} /> : <Waiting />;
}

function customerColumns(removed: boolean, edit: (one: Customer) => void, remove: (one: Customer) => void): Column<Customer>[] {
  return [
    { id: "name", head: t`Customer`, value: (one) => one.name, cell: (one) => <span className="hostile">{one.name}</span> },
    { id: "phone", head: t`Phone`, value: (one) => one.phone },
    { id: "email", head: t`E-mail`, value: (one) => one.email, cell: (one) => <span className="hostile">{one.email ?? "–"}</span> },
    { id: "vehicle", head: t`Vehicle`, card: "hidden", extra: true, value: (one) => one.default_vehicle?.name },
    { id: "id", head: t`Id`, extra: true, value: (one) => one.id },
    { id: "created", head: t`Added`, card: "hidden", value: (one) => one.created_at, cell: (one) => <At at={one.created_at} /> },
    {
      id: "actions",
      head: t`Actions`,
      value: () => null,
      actions: true,
      right: true,
      cell: (one) => (
        <Only may="manage_customers">
          {removed ? (
            <RestoreButton
              name={one.name}
              changes={["customers"]}
              restore={() => answered(client.POST("/api/v1/customers/{customer_id}/restore", { params: { path: { customer_id: one.id } } }))}
            />
          ) : (
            <div className={`${listCss.row} ${tableCss.above}`}>
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
