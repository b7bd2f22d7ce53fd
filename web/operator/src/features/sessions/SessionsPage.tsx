import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select } from "@mantine/core";
import type { Session } from "@stationmaster/api";
import { DataTable, DateField, Empty, Icon, PageHead, Problem, Waiting } from "@stationmaster/ui";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { beginningOf, useList, useTableState } from "../../lists";
import { useFocus } from "../../live/useFocus";
import { knownSort, SESSION_SORTS, sessionsQuery, type SessionFilters } from "../../queries";
import thing from "../../thing.module.css";
import { Typed } from "../../Typed";
import { useMay } from "../../user";
import { CustomerSelect } from "../customers/CustomerSelect";
import { SiteSelect } from "../sites/SiteSelect";
import { sessionColumns } from "./columns";
import css from "./Sessions.module.css";

const route = getRouteApi("/sessions/");

interface Filters {
  site?: string | undefined;
  ended_from?: string | undefined;
  ended_to?: string | undefined;
  station?: string | undefined;
  token?: string | undefined;
  customer?: string | undefined;
  status?: SessionFilters["status"];
  from?: string | undefined;
  to?: string | undefined;
}

export function SessionsPage() {
  useFocus(null);
  const { station, site, ended_from, ended_to, token, customer, status, from, to } = route.useSearch();
  const navigate = route.useNavigate();
  const [state, setState] = useTableState();
  const list = useList<Session>(sessionsQuery({
      station,
      site,
      token,
      customer,
      status,
      started_from: beginningOf(from, 0),
      started_to: beginningOf(to, 1),
      ended_from: beginningOf(ended_from, 0),
      ended_to: beginningOf(ended_to, 1),
      sort: knownSort(SESSION_SORTS, state.sort),
    }),
  );
  const people = useMay("view_customers");
  const columns = useMemo(() => sessionColumns(), []);
  const filtered = Boolean(site ?? ended_from ?? ended_to ?? station ?? token ?? customer ?? status ?? from ?? to);
  const filter = (next: Filters) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });
  const states = [
    { value: "active", label: t`Charging now` },
    { value: "completed", label: t`Completed` },
    { value: "pending", label: t`Starting` },
    { value: "cancelled", label: t`Cancelled` },
    { value: "invalid", label: t`Not valid` },
  ];

  return (
    <>
      <PageHead title={t`Sessions`} />
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Sessions`}
          columns={columns}
          rows={list.rows}
          rowId={(session) => session.id}
          state={state}
          onState={setState}
          pages={list.pages}
          sortable={SESSION_SORTS}
          filters={
            <>
              <Typed label={t`Charger`} value={station ?? ""} onChange={(value) => { filter({ station: value || undefined }); }} />
              <Typed label={t`Card`} value={token ?? ""} onChange={(value) => { filter({ token: value || undefined }); }} />
              <SiteSelect
                className={thing.filter ?? ""}
                aria-label={t`Site`}
                placeholder={t`All sites`}
                value={site ?? null}
                onChange={(value) => { filter({ site: value ?? undefined }); }}
              />
              {(ended_from ?? ended_to) !== undefined && (
                <Button
                  variant="default"
                  rightSection={<Icon name="close" size={14} />}
                  title={t`Whenever they ended`}
                  onClick={() => { filter({ ended_from: undefined, ended_to: undefined }); }}
                >
                  {ended_from === ended_to ? t`Ended on ${ended_to ?? ""}` : t`Ended ${ended_from ?? ""} – ${ended_to ?? ""}`}
                </Button>
              )}
              {people && (
                <CustomerSelect
                  className={thing.filter ?? ""}
                  aria-label={t`Customer`}
                  placeholder={t`Any customer`}
                  value={customer ?? null}
                  onChange={(value) => { filter({ customer: value ?? undefined }); }}
                />
              )}
              <Select
                className={thing.filter ?? ""}
                aria-label={t`State`}
                placeholder={t`Any state`}
                data={states}
                value={status ?? null}
                onChange={(value) => { filter({ status: (value ?? undefined) as SessionFilters["status"] }); }}
                clearable
                clearButtonProps={{ "aria-label": t`Clear` }}
              />
              <DateField
                className={css.day ?? ""}
                aria-label={t`Started on or after`}
                placeholder={t`From`}
                value={from ?? null}
                onChange={(value) => { filter({ from: value ?? undefined }); }}
              />
              <DateField
                className={css.day ?? ""}
                aria-label={t`Started on or before`}
                placeholder={t`To`}
                value={to ?? null}
                onChange={(value) => { filter({ to: value ?? undefined }); }}
              />
            </>
          }
          empty={
            <Empty title={filtered ? t`No session matches` : t`No sessions yet`}>
              <p>
                {filtered ? (
                  <Trans>Charger id and card number must be complete.</Trans>
                ) : (
                  <Trans>The first one appears as soon as a driver charges.</Trans>
                )}
              </p>
            </Empty>
          }
        />
      )}
    </>
  );
}
