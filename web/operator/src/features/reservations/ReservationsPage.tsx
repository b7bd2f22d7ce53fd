import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Select } from "@mantine/core";
import { Empty, PageHead } from "@stationmaster/ui";
import { getRouteApi } from "@tanstack/react-router";
import { useTableState } from "../../lists";
import { useFocus } from "../../live/useFocus";
import type { ReservationFilters } from "../../queries";
import css from "./Reservations.module.css";
import { ReservationTable } from "./ReservationTable";
import { reservationWords, STATES } from "./words";

const route = getRouteApi("/reservations");

/** Who has asked for which connector, at all chargers. They are made on the page of a charger. */
export function ReservationsPage() {
  useFocus(null);
  const { state: wanted } = route.useSearch();
  const navigate = route.useNavigate();
  const [state, setState] = useTableState();
  return (
    <>
      <PageHead title={t`Reservations`} />
      <ReservationTable
        wanted={{ state: wanted }}
        state={state}
        onState={setState}
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
    </>
  );
}
