import { Autocomplete, Button, JsonInput, Modal } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { post, segment } from "../../api/client";
import type { CallAnswer, Station } from "../../api/types";
import { Badge, Problem } from "../../components/bits";
import { took } from "../../format";
import css from "./Charger.module.css";

const ACTIONS = [
  "CancelReservation",
  "ChangeAvailability",
  "ChangeConfiguration",
  "ClearCache",
  "ClearChargingProfile",
  "DataTransfer",
  "GetCompositeSchedule",
  "GetConfiguration",
  "GetDiagnostics",
  "GetLocalListVersion",
  "RemoteStartTransaction",
  "RemoteStopTransaction",
  "ReserveNow",
  "Reset",
  "SendLocalList",
  "SetChargingProfile",
  "TriggerMessage",
  "UnlockConnector",
  "UpdateFirmware",
];

/** Any action with any payload, passed on unchanged: for people who test. */
export function RawCall({ station, opened, onClose }: { station: Station; opened: boolean; onClose: () => void }) {
  const [action, setAction] = useState("");
  const [payload, setPayload] = useState("{}");
  const [invalid, setInvalid] = useState<string | null>(null);
  const call = useMutation({
    mutationFn: (body: { action: string; payload: unknown }) => post<CallAnswer>(`/stations/${segment(station.id)}/call`, body),
  });
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    let parsed: unknown;
    try {
      parsed = JSON.parse(payload || "{}");
    } catch {
      setInvalid("This is not valid JSON.");
      return;
    }
    setInvalid(null);
    call.mutate({ action: action.trim(), payload: parsed });
  };
  return (
    <Modal opened={opened} onClose={onClose} title="Raw call" size="lg">
      <form className={css.form} onSubmit={submit}>
        <Autocomplete
          label="Action"
          description="Sent as it is, also when this page does not know it"
          data={ACTIONS}
          value={action}
          onChange={setAction}
          maxDropdownHeight={240}
          data-autofocus
          data-testid="raw-action"
        />
        <JsonInput
          label="Payload"
          value={payload}
          onChange={setPayload}
          error={invalid}
          autosize
          minRows={4}
          maxRows={14}
          formatOnBlur
          classNames={{ input: "mono" }}
          spellCheck={false}
          data-testid="raw-payload"
        />
        <Button type="submit" disabled={!action.trim()} loading={call.isPending} data-testid="raw-submit">
          Send
        </Button>
        <div aria-live="polite" data-testid="raw-answer">
          {call.error ? <Problem error={call.error} /> : call.data && <Answer answer={call.data} />}
        </div>
      </form>
    </Modal>
  );
}

function Answer({ answer }: { answer: CallAnswer }) {
  if (answer.type === "TIMEOUT") return <Badge tone="busy">The charger did not answer in time</Badge>;
  const ok = answer.type === "CALLRESULT";
  return (
    <>
      <div className={css.verdict}>
        <Badge tone={ok ? "good" : "faulted"}>{ok ? "CALLRESULT" : `CALLERROR ${answer.code}`}</Badge>
        <span className="small dim hostile">{ok ? took(answer.took_ms) : answer.description}</span>
      </div>
      <pre className={css.json}>{JSON.stringify(ok ? answer.payload : answer.details, null, 2)}</pre>
    </>
  );
}
