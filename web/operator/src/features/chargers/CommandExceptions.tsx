import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select, TextInput } from "@mantine/core";
import { answered, client, FORMS, type StationDeviations } from "@stationmaster/api";
import { Problem } from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { deviationsQuery } from "../../queries";
import { Only } from "../../user";
import { commandName } from "./commands";
import css from "./Story.module.css";

type Said = { command: string; held: boolean; why: string } | { command: string; held: null };

/** What this charger is never sent: by a rule for its make, and by what a person has said of it, which goes before. */
export function CommandExceptions({ station, data }: { station: string; data: StationDeviations }) {
  const queries = useQueryClient();
  const [command, setCommand] = useState<string | null>(null);
  const [why, setWhy] = useState("");
  const say = useMutation({
    mutationFn: (said: Said) => {
      const path = { station_id: station, command: said.command };
      return said.held === null
        ? answered(client.DELETE("/api/v1/stations/{station_id}/command-exceptions/{command}", { params: { path } }))
        : answered(client.PUT("/api/v1/stations/{station_id}/command-exceptions/{command}", { params: { path }, body: { held: said.held, why: said.why } }));
    },
    onSuccess: (told) => {
      queries.setQueryData(deviationsQuery(station).queryKey, told);
      setCommand(null);
      setWhy("");
    },
  });
  const said = new Set(data.exceptions.map((each) => each.command));
  const choices = FORMS.map(({ name }) => ({ value: name, label: commandName(name) })).sort((a, b) => a.label.localeCompare(b.label));
  return (
    <>
      <h3>
        <Trans>What it is never sent</Trans>
      </h3>
      {data.held_back.length === 0 && data.exceptions.length === 0 && (
        <p className="dim small">
          <Trans>Nothing: every command may be sent. One that it falls over can be held back.</Trans>
        </p>
      )}
      <ul className={css.lines} data-testid="held-back">
        {data.held_back.map((held) => (
          <li key={held.commands.join(" ")} className={css.plain}>
            <div className="hostile">
              <strong>{held.commands.map(commandName).join(", ")}</strong> {held.why}
            </div>
            <Only may="administer">
              {held.commands.filter((each) => !said.has(each)).map((each) => (
                <Button key={each} size="compact-sm" variant="default" loading={say.isPending} onClick={() => { say.mutate({ command: each, held: false, why: "" }); }}>
                  <Trans>Send it all the same</Trans>
                </Button>
              ))}
            </Only>
          </li>
        ))}
        {data.exceptions.map((each) => (
          <li key={each.command} className={css.plain}>
            <div className="hostile">
              <strong>{commandName(each.command)}</strong> {each.held ? t`never sent` : t`sent all the same`}
              {each.why && `: ${each.why}`}{" "}
              <span className="dim small">
                <Trans>Said by {each.by}</Trans>
              </span>
            </div>
            <Only may="administer">
              <Button size="compact-sm" variant="default" loading={say.isPending} onClick={() => { say.mutate({ command: each.command, held: null }); }} data-testid="exception-back">
                <Trans>Back to the rules</Trans>
              </Button>
            </Only>
          </li>
        ))}
      </ul>
      <Problem error={say.error} />
      <Only may="administer">
        <form
          className={css.form}
          onSubmit={(event) => {
            event.preventDefault();
            if (command) say.mutate({ command, held: true, why });
          }}
        >
          <Select label={t`A command it falls over`} searchable data={choices} value={command} onChange={setCommand} data-testid="exception-command" />
          <TextInput label={t`Why`} maxLength={300} value={why} onChange={(event) => { setWhy(event.currentTarget.value); }} data-testid="exception-why" />
          <Button type="submit" variant="default" disabled={!command} loading={say.isPending} data-testid="exception-submit">
            <Trans>Never send</Trans>
          </Button>
        </form>
      </Only>
    </>
  );
}
