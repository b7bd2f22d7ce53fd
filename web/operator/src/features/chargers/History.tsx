import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { Ago, Badge, took } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { commandsQuery } from "../../queries";
import css from "./Charger.module.css";
import { argumentWords, commandName, outcomeWords, ownWord } from "./commands";

const FEW = 4;

/** What was asked of this charger, by whom, and how it went. */
export function History({ station }: { station: string }) {
  const { data } = useQuery(commandsQuery(station));
  const [all, setAll] = useState(false);
  const items = data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <section className={`${css.panel} card`} aria-label={t`Command history`}>
      <h2>
        <Trans>History</Trans>
      </h2>
      <ul className={css.history}>
        {items.slice(0, all ? undefined : FEW).map((command) => {
          const { word, tone } = outcomeWords(command);
          const words = argumentWords(command);
          const by = command.asked_by ? t`by ${command.asked_by}` : "";
          return (
            <li key={command.id}>
              <div className={css.verdict}>
                <strong>{commandName(command.name)}</strong>
                <span className="dim small" title={by}>
                  <Ago at={command.asked_at} />
                </span>
              </div>
              {words && <div className="small dim hostile">{words}</div>}
              <div className={css.verdict}>
                <Badge tone={tone} plain>
                  {word}
                </Badge>
                <span className="small dim hostile">
                  {[ownWord(command), command.took_ms !== null && took(command.took_ms), by].filter(Boolean).join(" · ")}
                </span>
              </div>
              {tone === "faulted" && command.detail && <div className="small hostile">{command.detail}</div>}
            </li>
          );
        })}
      </ul>
      {items.length > FEW && (
        <Button size="compact-sm" variant="subtle" color="gray" onClick={() => { setAll(!all); }}>
          {all ? <Trans>Show fewer</Trans> : <Trans>Show all {items.length}</Trans>}
        </Button>
      )}
    </section>
  );
}
