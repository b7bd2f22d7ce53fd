import { t } from "@lingui/core/macro";
import { Note } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { alertsOfQuery } from "./queries";
import { aboutWord, kindWords } from "./words";
import css from "./Alerts.module.css";

/** A line for each alert that is not over of a charger. */
export function OpenAlerts({ station }: { station: string }) {
  const { data } = useQuery(alertsOfQuery(station));
  if (!data || data.length === 0) return null;
  return (
    <div className={css.lines} data-testid="open-alerts">
      {data.map((alert) => (
        <Note key={alert.id} tone={alert.severity === "critical" ? "faulted" : "busy"}>
          <span className="hostile">
            <Link to="/alerts/$id" params={{ id: alert.id }}>{kindWords()[alert.kind]}</Link>
            {aboutWord(alert) !== "" && ` · ${aboutWord(alert)}`}
            {alert.acknowledged_by !== null && ` · ${t`${alert.acknowledged_by} looks after it`}`}
          </span>
        </Note>
      ))}
    </div>
  );
}
