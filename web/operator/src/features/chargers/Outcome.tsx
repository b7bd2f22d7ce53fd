import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Badge, Problem, took } from "@stationmaster/ui";
import css from "./Charger.module.css";
import { argumentWords, commandName, ownWord, statusWords } from "./commands";
import type { Commander } from "./useCommand";

/** What became of the last command. Always in the page, so that screen readers hear it change. */
export function Outcome({ commander }: { commander: Commander }) {
  const { data, error, isPending, variables } = commander;
  return (
    <div className={css.outcomeBox} aria-live="polite" data-testid="outcome">
      {isPending ? (
        <div className={css.outcome}>
          <strong>{commandName(variables.name)}</strong>
          <Badge tone="busy">{t`Waiting for the charger…`}</Badge>
        </div>
      ) : error ? (
        <Problem error={error} />
      ) : data ? (
        <div className={css.outcome}>
          <strong>{commandName(data.name)}</strong>
          <span className="dim small hostile">{argumentWords(data)}</span>
          <div className={css.verdict}>
            <Badge tone={statusWords(data.status).tone}>{statusWords(data.status).word}</Badge>
            {ownWord(data) && (
              <span className="small hostile">
                <Trans>charger said {ownWord(data)}</Trans>
              </span>
            )}
            {data.took_ms !== null && <span className="small dim num">{took(data.took_ms)}</span>}
          </div>
          {data.detail && <span className="small hostile">{data.detail}</span>}
        </div>
      ) : null}
    </div>
  );
}
