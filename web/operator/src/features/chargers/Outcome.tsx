import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { ApiError, sentence, type CommandRequest } from "@stationmaster/api";
import { Badge, Problem, took } from "@stationmaster/ui";
import css from "./Charger.module.css";
import { argumentWords, commandName, outcomeWords, ownWord } from "./commands";
import type { Commander } from "./useCommand";

/** Why it was not sent. What a person may insist on can be sent all the same; the history says so. */
function Refused({ error, commander }: { error: Error; commander: Commander }) {
  const asked = commander.variables;
  const anyway = asked && !("force" in asked.body && asked.body.force) && error instanceof ApiError && error.status === 409 && error.message.includes(FORCE) ? forced(asked) : null;
  // What a program would do about it is no news to a person: the page has a button for it.
  const said = error instanceof ApiError ? new Error(sentence(error.message.split(HOW)[0] ?? "")) : error;
  if (!anyway) return <Problem error={said} />;
  return (
    <div className={css.outcome}>
      <Problem error={said} />
      <Button variant="default" onClick={() => { commander.mutate(anyway.request); }} data-testid={`${anyway.testid}-anyway`}>
        {anyway.word}
      </Button>
    </div>
  );
}

/** How the server says that something can be forced, or asked in another way: in every language the last part has the field's name. */
const FORCE = "`force`";
const HOW = /;[^;]*`\w+`/;

function forced(asked: CommandRequest): { request: CommandRequest; word: string; testid: string } | null {
  switch (asked.name) {
    case "remote-start":
      return { request: { name: asked.name, body: { ...asked.body, force: true } }, word: t`Start anyway`, testid: "start" };
    case "reserve-now":
      return { request: { name: asked.name, body: { ...asked.body, force: true } }, word: t`Reserve anyway`, testid: "reserve" };
    case "update-firmware":
      return { request: { name: asked.name, body: { ...asked.body, force: true } }, word: t`Send it anyway`, testid: "update" };
    default:
      return null;
  }
}

/** What became of the last command. Always in the page, so that screen readers hear it change. */
export function Outcome({ commander, testid = "outcome" }: { commander: Commander; testid?: string }) {
  const { data, error, isPending, variables } = commander;
  return (
    <div className={css.outcomeBox} aria-live="polite" data-testid={testid}>
      {isPending ? (
        <div className={css.outcome}>
          <strong>{commandName(variables.name)}</strong>
          <Badge tone="busy">{t`Waiting for the charger…`}</Badge>
        </div>
      ) : error ? (
        <Refused error={error} commander={commander} />
      ) : data ? (
        <div className={css.outcome}>
          <strong>{commandName(data.name)}</strong>
          <span className="dim small hostile">{argumentWords(data)}</span>
          <div className={css.verdict}>
            <Badge tone={outcomeWords(data).tone}>{outcomeWords(data).word}</Badge>
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
