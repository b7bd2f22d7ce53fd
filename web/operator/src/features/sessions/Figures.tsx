import { Trans } from "@lingui/react/macro";
import type { Session } from "@stationmaster/api";
import { kw, kwh, Lasting, percent } from "@stationmaster/ui";
import css from "./Sessions.module.css";

type Measured = Pick<Session, "status" | "energy_wh" | "power_w" | "soc_percent" | "started_at" | "stopped_at">;

/** What a session has taken, in large; `cost` where the page tells it here. */
export function Figures({ session, cost }: { session: Measured; cost?: string | undefined }) {
  const active = session.status === "active";
  return (
    <dl className={css.big}>
      {cost !== undefined && (
        <div>
          <dt>{active ? <Trans>Price so far</Trans> : <Trans>Price</Trans>}</dt>
          <dd className="num" data-testid="cost">{cost}</dd>
        </div>
      )}
      <div>
        <dt><Trans>Energy</Trans></dt>
        <dd className="num">{kwh(session.energy_wh)}</dd>
      </div>
      <div>
        <dt><Trans>Duration</Trans></dt>
        <dd><Lasting ticking={active} from={session.started_at} to={session.stopped_at} /></dd>
      </div>
      {active && (
        <div>
          <dt><Trans>Power now</Trans></dt>
          <dd className="num">{kw(session.power_w)}</dd>
        </div>
      )}
      {session.soc_percent !== null && (
        <div>
          <dt><Trans>Battery</Trans></dt>
          <dd className="num">{percent(session.soc_percent)}</dd>
        </div>
      )}
    </dl>
  );
}
