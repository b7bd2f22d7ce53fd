import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Select } from "@mantine/core";
import type { Reservation } from "@stationmaster/api";
import { DataTable, Empty, PageHead, Problem, Waiting } from "@stationmaster/ui";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useList, useTableState } from "../../lists";
import { useFocus } from "../../live/useFocus";
import { reservationsQuery, type ReservationFilters } from "../../queries";
import { CancelReservation } from "./CancelReservation";
import { reservationColumns } from "./columns";
import css from "./Reservations.module.css";
import { reservationWords, STATES } from "./words";

const route = getRouteApi("/reservations");

/** Who has asked for which connector, at all chargers. They are made on the page of a charger. */
export function ReservationsPage() {
  useFocus(null);
  const { state: wanted } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useList<Reservation>(reservationsQuery({ state: wanted }));
  const [state, setState] = useTableState();
  const [cancelling, cancel] = useState<Reservation | null>(null);
  const columns = useMemo(() => reservationColumns({ onCancel: cancel }), []);
  return (
    <>
      <PageHead title={t`Reservations`} />
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Reservations`}
          columns={columns}
          rows={list.rows}
          rowId={(reservation) => reservation.id}
          state={state}
          onState={setState}
          pages={list.pages}
          search={t`Search reservations`}
          filters={
            <Select
              className={css.filter ?? ""}
              aria-label={t`State`}
              placeholder={t`Any state`}
              data={STATES.map((value) => ({ value, label: reservationWords(value).word }))}
              value={wanted ?? null}
              onChange={(value) => {
                const next = (value ?? undefined) as ReservationFilters["state"];
                void navigate({ search: (old) => ({ ...old, state: next }), replace: true, resetScroll: false });
              }}
              clearable
              clearButtonProps={{ "aria-label": t`Clear` }}
            />
          }
          empty={
            <Empty title={wanted ? t`No reservation matches` : t`No reservations yet`}>
              <p>
                <Trans>A connector is reserved on the page of its charger, under Reservations.</Trans>
              </p>
            </Empty>
          }
        />
      )}
      <CancelReservation reservation={cancelling} onClose={() => { cancel(null); }} />
    </>
  );
}
