import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Radio, Stack } from "@mantine/core";
import { answered, client, type CommandRequest, type Station, type StationLog } from "@stationmaster/api";
import { Ago, At, Badge, bytes, Form, Icon, moment, MomentField, More, notify, Problem, save, Waiting } from "@stationmaster/ui";
import { useMutation } from "@tanstack/react-query";
import * as v from "valibot";
import { useAway } from "../../live/useAway";
import { useList } from "../../lists";
import { logsQuery } from "../../queries";
import { Only } from "../../user";
import { useCommandForm, type DialogProps } from "./CommandForm";
import parts from "./Parts.module.css";
import { FormButton, Section } from "./Section";
import { logKind, logWords } from "./upkeepWords";
import { useCommand } from "./useCommand";

/** The logs this charger was asked for, and their files when they are here. */
export function Logs({ station }: { station: Station }) {
  const commander = useCommand(station.id);
  const list = useList<StationLog>(logsQuery(station.id));
  return (
    <Section
      station={station}
      commander={commander}
      title={t`Logs`}
      buttons={
        <Only may="operate">
          <FormButton station={station} commander={commander} title={t`Bring a log`} fields={LogFields} testid="get-log" variant="default">
            <Trans>Bring a log…</Trans>
          </FormButton>
        </Only>
      }
      about={
        <p className="dim small">
          <Trans>What the charger has written down for its maker and for technicians. It brings the file here by itself.</Trans>
        </p>
      }
      testid="logs"
      outcome="log-outcome"
    >
      <Problem error={list.error} retry={list.retry} />
      {list.isPending && <Waiting />}
      {list.rows.length > 0 && (
        <ul className={parts.lines}>
          {list.rows.map((log) => (
            <Log key={log.id} log={log} station={station.id} />
          ))}
        </ul>
      )}
      {list.pages.hasMore && <More busy={list.pages.busy} onClick={list.pages.load} />}
    </Section>
  );
}

function Log({ log, station }: { log: StationLog; station: string }) {
  const { word, tone } = logWords(log.state);
  const away = useAway() !== null;
  const name = log.name ?? `${station}-${log.kind}.log`;
  const fetch = useMutation({
    mutationFn: async () => {
      const params = { path: { station_id: station, log_id: log.id } };
      save(name, (await answered(client.GET("/api/v1/stations/{station_id}/logs/{log_id}/file", { params, parseAs: "blob" }))) as Blob);
    },
    onError: notify.failed,
  });
  return (
    <li>
      <div className={parts.row}>
        <strong>{logKind(log.kind)}</strong>
        <Badge tone={tone}>{word}</Badge>
        <span className={`${parts.push} dim small`}>
          <Ago at={log.asked_at} />
        </span>
      </div>
      <div className={parts.row}>
        <span className="hostile">
          {log.sentence} {log.status && log.state !== "uploaded" && <span className="dim small mono">{log.status}</span>}
        </span>
        {log.file && (
          <Only may="operate">
            <Button
              className={parts.push ?? ""} size="compact-sm" variant="light" leftSection={<Icon name="download" size={15} />}
              disabled={away} loading={fetch.isPending}
              onClick={() => { fetch.mutate(); }}
              aria-label={t`Download ${name}`}
            >
              <Trans>Download</Trans>
            </Button>
          </Only>
        )}
      </div>
      <div className="dim small hostile">
        {log.name && <>{[log.name, bytes(log.size)].join(" · ")} · </>}
        <Trans>
          asked <At at={log.asked_at} />
        </Trans>
        {log.finished_at && (
          <>
            {", "}
            <Trans>
              ended <At at={log.finished_at} />
            </Trans>
          </>
        )}
      </div>
    </li>
  );
}

type Asked = Extract<CommandRequest, { name: "get-log" }>["body"];

function LogFields(props: DialogProps) {
  const form = useCommandForm(
    props,
    { kind: "diagnostics", since: "", until: "" },
    v.pipe(
      v.object({ kind: v.string(), since: v.string(), until: v.string() }),
      v.forward(v.check(({ since, until }) => since === "" || until === "" || since < until, t`Must be later than the beginning`), ["until"]),
    ),
    ({ kind, since, until }) => ({
      name: "get-log",
      body: { kind: kind as NonNullable<Asked["kind"]>, since: moment(since), until: moment(until) },
    }),
  );
  const { fields } = form;
  return (
    <Form form={form} action={t`Bring it`} testid="log-submit">
      <Radio.Group aria-label={t`Which log`} {...fields.getInputProps("kind")}>
        <Stack gap="sm">
          <Radio value="diagnostics" label={t`Diagnostics`} description={t`What a technician or the maker needs to know.`} />
          <Radio value="security" label={t`Security log`} description={t`Who has logged in, what was changed, what was tried.`} />
        </Stack>
      </Radio.Group>
      <MomentField label={t`From`} description={t`Empty: all it has`} {...fields.getInputProps("since")} />
      <MomentField label={t`To`} {...fields.getInputProps("until")} />
    </Form>
  );
}
