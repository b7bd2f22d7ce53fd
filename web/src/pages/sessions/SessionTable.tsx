import { Link } from "@tanstack/react-router";
import type { Session } from "../../api/types";
import { Badge, Table } from "../../components/bits";
import { At, Lasting } from "../../components/Time";
import { kwh } from "../../format";
import { connectorName, sessionWords } from "../../words";
import css from "./Sessions.module.css";

/** Sessions as rows; the whole row opens the session. */
export function SessionTable({ sessions, withStation = false }: { sessions: Session[]; withStation?: boolean }) {
  return (
    <Table
      label="Sessions"
      heads={[
        ["Started"],
        ["State"],
        ...(withStation ? ([["Charger"]] as [string][]) : []),
        ["Connector"],
        ["Card"],
        ["Duration", "right"],
        ["Energy", "right"],
      ]}
    >
      {sessions.map((session) => {
        const { word, tone } = sessionWords(session);
        return (
          <tr key={session.id} className={css.row ?? ""}>
            <td>
              <Link to="/sessions/$id" params={{ id: session.id }} className={css.open}>
                <At at={session.started_at} />
              </Link>
            </td>
            <td data-side="">
              <Badge tone={tone} plain>
                {word}
              </Badge>
              {session.review && (
                <span className={css.review} title="Something about this session should be looked at">
                  to check
                </span>
              )}
            </td>
            {withStation && (
              <td>
                <Link to="/chargers/$id" params={{ id: session.station }} className={css.above}>
                  {session.station}
                </Link>
              </td>
            )}
            <td className="dim num" data-wide-only="">
              {connectorName(session.evse)}
            </td>
            <td className="mono">{session.token ?? "–"}</td>
            <td data-right="" className="dim">
              <Lasting from={session.started_at} to={session.stopped_at} />
            </td>
            <td data-right="" className="num">
              <strong>{kwh(session.energy_wh)}</strong>
            </td>
          </tr>
        );
      })}
    </Table>
  );
}
