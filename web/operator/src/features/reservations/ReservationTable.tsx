import { t } from "@lingui/core/macro";
import type { Reservation } from "@stationmaster/api";
import { DataTable, Problem, Waiting, type TableState } from "@stationmaster/ui";
import { useMemo, useState, type ReactNode } from "react";
import { useList } from "../../lists";
import { reservationsQuery, type ReservationFilters } from "../../queries";
import { CancelReservation } from "./CancelReservation";
import { reservationColumns } from "./columns";

interface Props {
  wanted: ReservationFilters;
  state: TableState;
  onState: (next: TableState) => void;
  empty: ReactNode;
  title?: string;
  search?: string;
  filters?: ReactNode;
}

/** Reservations, and a way to give one up. Those of a single charger do not name it. */
export function ReservationTable({ wanted, ...table }: Props) {
  const list = useList<Reservation>(reservationsQuery(wanted));
  const [cancelling, cancel] = useState<Reservation | null>(null);
  const withStation = wanted.station === undefined;
  const columns = useMemo(() => reservationColumns({ withStation, onCancel: cancel }), [withStation]);
  return (
    <>
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
          pages={list.pages}
          {...table}
        />
      )}
      <CancelReservation reservation={cancelling} onClose={() => { cancel(null); }} />
    </>
  );
}
