import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { Session } from "@stationmaster/api";
import { DataTable, type TableState } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useList } from "../../lists";
import { sessionsQuery } from "../../queries";
import { sessionColumns } from "../sessions/columns";

export const RECENT = 5;

/** The last few; their own page has them all. */
export function RecentSessions({ of }: { of: { station: string } | { customer: string } }) {
  const { rows } = useList<Session>(sessionsQuery(of, RECENT));
  const withStation = !("station" in of);
  const [state, setState] = useState<TableState>({});
  const columns = useMemo(() => sessionColumns({ withStation, narrow: true }), [withStation]);
  const recent = rows.slice(0, RECENT);
  if (recent.length === 0) return null;
  return (
    <DataTable
      label={t`Recent sessions`}
      title={t`Recent sessions`}
      aside={
        <Link to="/sessions" search={of} className="small">
          <Trans>All sessions</Trans>
        </Link>
      }
      columns={columns}
      rows={recent}
      rowId={(session) => session.id}
      state={state}
      onState={setState}
    />
  );
}
