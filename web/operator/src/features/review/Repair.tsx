import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, JsonInput } from "@mantine/core";
import { answered, client, type Quarantined, type Replay } from "@stationmaster/api";
import { Form, kwh, Note, notify, Problem, useSentForm } from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import * as v from "valibot";
import { isObject } from "../../frames";
import css from "./Review.module.css";

/** A message that fits nothing: what it said can be put right, and is then said again in the charger's name. */
export function Repair({ entry, onDone }: { entry: Quarantined; onDone: () => void }) {
  const queries = useQueryClient();
  const [seen, setSeen] = useState<{ text: string; replay: Replay } | null>(null);
  const path = { entry_id: Number(entry.id) };
  const form = useSentForm({
    initial: { payload: JSON.stringify(entry.payload ?? {}, null, 2) },
    schema: v.object({ payload: v.pipe(v.string(), v.check(isObject, t`This must be a JSON object`)) }),
    submit: async ({ payload }) => {
      setSeen(null);
      const replay = await answered(client.POST("/api/v1/quarantine/{entry_id}/preview", { params: { path }, body: { payload: parsed(payload) } }));
      setSeen({ text: payload, replay });
    },
  });
  const replay = useMutation({
    mutationFn: (text: string) =>
      answered(client.POST("/api/v1/quarantine/{entry_id}/replay", { params: { path }, body: { payload: parsed(text) } })),
    onSuccess: async () => {
      await Promise.all(["quarantine", "groups", "sessions", "status"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
      notify.done(t`The message is said again`);
      onDone();
    },
  });
  // What is replayed is what was looked at, not what has been typed since.
  const current = seen !== null && seen.text === form.fields.values.payload ? seen : null;
  return (
    <div className={css.repair}>
      <Note tone="busy">
        <span className="hostile">{entry.reason}</span>
      </Note>
      {entry.proposed_session && (
        <p className="small">
          <Trans>
            It may belong to <Link to="/sessions/$id" params={{ id: entry.proposed_session }}>this session</Link>.
          </Trans>
        </p>
      )}
      <Form form={form} action={t`Show what would come of it`} testid="repair-preview">
        <JsonInput
          label={t`Payload of ${entry.action}`}
          validationError={t`This must be a JSON object`}
          autosize
          minRows={4}
          maxRows={14}
          classNames={{ input: "mono" }}
          spellCheck={false}
          data-testid="repair-payload"
          {...form.fields.getInputProps("payload")}
        />
      </Form>
      <div aria-live="polite" className={css.repair} data-testid="repair-outcome">
        {current && <Outcome replay={current.replay} />}
      </div>
      <Problem error={replay.error} />
      {current?.replay.problem === null && (
        <Button loading={replay.isPending} onClick={() => { replay.mutate(current.text); }} data-testid="repair-replay">
          <Trans>Say it again like this</Trans>
        </Button>
      )}
    </div>
  );
}

function parsed(text: string): Record<string, never> {
  return JSON.parse(text) as Record<string, never>;
}

function Outcome({ replay }: { replay: Replay }) {
  if (replay.problem !== null) {
    return (
      <Note tone="faulted">
        <span className="hostile">{replay.problem}</span>
      </Note>
    );
  }
  return (
    <>
      <Note tone="available">
        {replay.sessions.length === 0 ? (
          <Trans>It would be taken; no session changes.</Trans>
        ) : (
          replay.sessions.map((session) => (
            <span key={session.id} className="hostile">
              <Trans>
                Transaction {session.transaction_id} at {session.station} would have {kwh(session.energy_wh)}.
              </Trans>{" "}
            </span>
          ))
        )}
      </Note>
      {replay.remarks.map((remark) => (
        <Note key={remark} tone="busy">
          <span className="hostile">{remark}</span>
        </Note>
      ))}
      <details className={css.content}>
        <summary>
          <Trans>What the charger would be answered</Trans>
        </summary>
        <pre className="mono hostile">{JSON.stringify(replay.response, null, 2)}</pre>
      </details>
    </>
  );
}
