import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@mantine/core";
import { commandsQuery } from "../../api/queries";
import { Badge } from "../../components/bits";
import { Ago } from "../../components/Time";
import { took } from "../../format";
import { argumentWords, commandName, ownWord, statusWords } from "./commands";
import css from "./Charger.module.css";

const FEW = 4;

/** What was asked of this charger, by whom, and how it went. */
export function History({ station }: { station: string }) {
  const { data } = useQuery(commandsQuery(station));
  const [all, setAll] = useState(false);
  const items = data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <section className={`${css.panel} card`} aria-label="Command history">
      <h2>History</h2>
      <ul className={css.history}>
        {items.slice(0, all ? undefined : FEW).map((command) => {
          const { word, tone } = statusWords(command.status);
          const arguments_ = argumentWords(command);
          return (
            <li key={command.id}>
              <div className={css.verdict}>
                <strong>{commandName(command.name)}</strong>
                <span className="dim small" title={command.asked_by ? `by ${command.asked_by}` : ""}>
                  <Ago at={command.asked_at} />
                </span>
              </div>
              {arguments_ && <div className="small dim hostile">{arguments_}</div>}
              <div className={css.verdict}>
                <Badge tone={tone} plain>
                  {word}
                </Badge>
                <span className="small dim hostile">
                  {[ownWord(command), command.took_ms !== null && took(command.took_ms), command.asked_by && `by ${command.asked_by}`]
                    .filter(Boolean)
                    .join(" · ")}
                </span>
              </div>
            </li>
          );
        })}
      </ul>
      {items.length > FEW && (
        <Button size="compact-sm" variant="subtle" color="gray" onClick={() => { setAll(!all); }}>
          {all ? "Show fewer" : `Show all ${items.length}`}
        </Button>
      )}
    </section>
  );
}
