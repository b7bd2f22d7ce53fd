import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Autocomplete, Button, JsonInput, Modal } from "@mantine/core";
import { ACTIONS, answered, client, type CallAnswer, type Station } from "@stationmaster/api";
import { Badge, Form, needed, took, useSentForm } from "@stationmaster/ui";
import { useState } from "react";
import * as v from "valibot";
import { isObject, pretty } from "../../frames";
import { offeredPayload } from "./anyCommand";
import css from "./Charger.module.css";

/** Any action with any payload, passed on unchanged: for people who test. */
export function RawCall({ station, opened, onClose }: { station: Station; opened: boolean; onClose: () => void }) {
  const [answer, setAnswer] = useState<CallAnswer | null>(null);
  const form = useSentForm({
    initial: { action: "", payload: "{}" },
    schema: v.object({ action: needed(50), payload: v.pipe(v.string(), v.check(isObject, t`This must be a JSON object`)) }),
    submit: async ({ action, payload }) => {
      setAnswer(null);
      setAnswer(
        await answered(
          client.POST("/api/v1/stations/{station_id}/call", {
            params: { path: { station_id: station.id } },
            body: { action: action.trim(), payload: JSON.parse(payload) as Record<string, never> },
          }),
        ),
      );
    },
  });
  const { fields } = form;
  const actions = ACTIONS[station.ocpp_version ?? ""] ?? {};
  const action = fields.getInputProps("action");
  return (
    <Modal opened={opened} onClose={onClose} title={t`Raw call`} size="lg">
      <Form form={form} action={t`Send`} testid="raw-submit">
        <Autocomplete
          label={t`Action`}
          description={t`Sent as it is, also when this page does not know it`}
          required
          data={Object.keys(actions)}
          maxDropdownHeight={240}
          data-autofocus
          data-testid="raw-action"
          {...action}
          onChange={(chosen) => {
            (action.onChange as (value: string) => void)(chosen);
            fields.setFieldValue("payload", offeredPayload(actions, chosen, fields.getValues().payload));
          }}
        />
        <div>
          <JsonInput
            label={t`Payload`}
            validationError={t`This must be a JSON object`}
            autosize
            minRows={4}
            maxRows={14}
            classNames={{ input: "mono" }}
            spellCheck={false}
            data-testid="raw-payload"
            {...fields.getInputProps("payload")}
          />
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            mt={4}
            onClick={() => {
              fields.setFieldValue("payload", pretty(fields.values.payload));
            }}
          >
            <Trans>Format</Trans>
          </Button>
        </div>
      </Form>
      <div aria-live="polite" data-testid="raw-answer">
        {answer && <Answer answer={answer} />}
      </div>
    </Modal>
  );
}

function Answer({ answer }: { answer: CallAnswer }) {
  if (answer.type === "TIMEOUT") return <Badge tone="busy">{t`The charger did not answer in time`}</Badge>;
  if (answer.type === "LOST") return <Badge tone="busy">{t`The connection was lost before the charger answered`}</Badge>;
  const ok = answer.type === "CALLRESULT";
  return (
    <>
      <div className={css.verdict} style={{ marginTop: 14 }}>
        <Badge tone={ok ? "good" : "faulted"}>{ok ? "CALLRESULT" : `CALLERROR ${answer.code}`}</Badge>
        <span className="small dim hostile">{ok ? took(answer.took_ms) : answer.description}</span>
      </div>
      <pre className={css.json}>{JSON.stringify(ok ? answer.payload : answer.details, null, 2)}</pre>
    </>
  );
}
