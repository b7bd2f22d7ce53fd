import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Textarea } from "@mantine/core";
import { ApiError, type AlertDetail } from "@stationmaster/api";
import { Ago, At, Badge, Empty, Facts, Form, Icon, optional, Problem, useSentForm, Waiting } from "@stationmaster/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import * as v from "valibot";
import { orNull } from "../../fields";
import { FormModal } from "../../FormModal";
import { useAway } from "../../live/useAway";
import { useFocus } from "../../live/useFocus";
import thing from "../../thing.module.css";
import { Only } from "../../user";
import { act, SHOWN, type Act } from "./acting";
import { Messages } from "./Messages";
import { alertQuery } from "./queries";
import { useMayRule } from "./Tabs";
import { aboutWord, kindWords, SEVERITY_TONE, severityWord, siteOf, STATE_TONE, stateWord, stepWord } from "./words";
import css from "./Alerts.module.css";

const route = getRouteApi("/alerts/$id");

/** One alert: what it is, who was told, and what became of it. */
export function AlertPage() {
  useFocus(null);
  const { id } = route.useParams();
  const { data: alert, error, refetch } = useQuery(alertQuery(id));
  const told = useMayRule();
  if (error && !alert) {
    if (error instanceof ApiError && error.status === 404) {
      return (
        <Empty page title={t`There is no such alert`}>
          <Link to="/alerts">{t`To the alerts`}</Link>
        </Empty>
      );
    }
    return <Problem error={error} retry={() => void refetch()} />;
  }
  if (!alert) return <Waiting />;
  return (
    <>
      <Link to="/alerts" className={thing.back}>
        <Icon name="back" size={16} /> <Trans>Alerts</Trans>
      </Link>
      <div className={thing.head}>
        <h1>{kindWords()[alert.kind]}</h1>
        <Badge tone={STATE_TONE[alert.state]} testid="alert-state">{stateWord(alert.state)}</Badge>
        <span />
        <Only may="operate">
          <Acts alert={alert} />
        </Only>
      </div>
      <div className={thing.columns}>
        <section className={`${thing.panel} ${thing.wide} card`} aria-label={t`What it is`}>
          {aboutWord(alert) !== "" && <p className="hostile">{aboutWord(alert)}</p>}
          <Facts items={factsOf(alert)} />
        </section>
        <History alert={alert} />
        {told && <Messages title={t`Who was told`} about={id} />}
      </div>
    </>
  );
}

function factsOf(alert: AlertDetail): [string, ReactNode][] {
  const { session, customer } = alert.facts;
  const site = siteOf(alert);
  return [
    [t`Severity`, <Badge key="s" tone={SEVERITY_TONE[alert.severity]}>{severityWord(alert.severity)}</Badge>],
    ...(alert.station === null ? [] : [[t`Charger`, <Link key="c" to="/chargers/$id" params={{ id: alert.station }} className="hostile">{alert.station}</Link>] as [string, ReactNode]]),
    ...(site === null ? [] : [[t`Site`, <span key="p" className="hostile">{site}</span>] as [string, ReactNode]]),
    ...(typeof session === "string" ? [[t`Session`, <Link key="x" to="/sessions/$id" params={{ id: session }}>{t`To the session`}</Link>] as [string, ReactNode]] : []),
    ...(typeof customer === "string" ? [[t`Customer`, <Link key="k" to="/customers/$id" params={{ id: customer }} className="hostile">{customer}</Link>] as [string, ReactNode]] : []),
    [t`Since`, <At key="b" at={alert.since} />],
    [t`Told`, alert.told_at === null ? <span key="t" className="dim">{t`waits for the end of the quiet hours`}</span> : <At key="t" at={alert.told_at} />],
    [t`Rule`, <span key="r" className="hostile">{alert.rule_name}</span>],
    ...(alert.acknowledged_by === null ? [] : [[t`Looked after by`, <span key="a" className="hostile">{alert.acknowledged_by}</span>] as [string, ReactNode]]),
    ...(alert.resolved_at === null ? [] : [[t`Over`, <At key="o" at={alert.resolved_at} />] as [string, ReactNode]]),
  ];
}

function Acts({ alert }: { alert: AlertDetail }) {
  const [asked, ask] = useState<Act | null>(null);
  const away = useAway() !== null;
  if (alert.state === "resolved") return null;
  return (
    <div className={thing.buttons}>
      {alert.state === "open" && (
        <Button disabled={away} onClick={() => { ask("acknowledge"); }} data-testid="acknowledge">
          <Trans>I look after it</Trans>
        </Button>
      )}
      <Button variant="default" disabled={away} onClick={() => { ask("resolve"); }} data-testid="resolve">
        <Trans>It is over</Trans>
      </Button>
      <FormModal opened={asked !== null} onClose={() => { ask(null); }} title={asked === "resolve" ? t`It is over` : t`I look after it`}>
        {asked && <Noted what={asked} alert={alert} onDone={() => { ask(null); }} />}
      </FormModal>
    </div>
  );
}

function Noted({ what, alert, onDone }: { what: Act; alert: AlertDetail; onDone: () => void }) {
  const queries = useQueryClient();
  const form = useSentForm({
    initial: { note: "" },
    schema: v.object({ note: optional(500) }),
    conflict: "note",
    submit: async ({ note }) => {
      await act(what, alert.id, orNull(note));
      await Promise.all(SHOWN.map((queryKey) => queries.invalidateQueries({ queryKey })));
      onDone();
    },
  });
  return (
    <Form form={form} action={what === "resolve" ? t`It is over` : t`I look after it`} testid="note-submit">
      <Textarea
        label={t`Note`} autosize minRows={2} data-autofocus data-testid="note"
        description={what === "resolve" ? t`If it is still so, it is opened again within seconds.` : t`Others read it here. Nobody else is told of this alert.`}
        {...form.fields.getInputProps("note")}
      />
    </Form>
  );
}

function History({ alert }: { alert: AlertDetail }) {
  return (
    <section className={`${thing.panel} card`} aria-labelledby="history">
      <h2 id="history">
        <Trans>What became of it</Trans>
      </h2>
      <ol className={css.steps} data-testid="alert-steps">
        {alert.steps.map((step) => (
          <li key={`${step.at} ${step.what}`}>
            <strong>{stepWord(step.what)}</strong>{" "}
            <span className="dim small hostile">
              <Ago at={step.at} />
              {step.by !== null && ` · ${step.by}`}
            </span>
            {step.note !== null && <p className="hostile">{step.note}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}
