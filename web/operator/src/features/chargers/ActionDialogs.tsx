import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { Autocomplete, Modal, Radio, Select, Stack, Text } from "@mantine/core";
import type { CommandRequest, Station, Token } from "@stationmaster/api";
import { Form, needed, useSentForm, type SentForm } from "@stationmaster/ui";
import type { ReactNode } from "react";
import * as v from "valibot";
import { useList } from "../../lists";
import { cardsQuery } from "../../queries";
import { connectorName, statusWords } from "../../words";
import type { Commander } from "./useCommand";

interface Props {
  station: Station;
  commander: Commander;
  opened: boolean;
  onClose: () => void;
}

/** A command's form: the dialog closes when it is sent, the outcome on the page tells the rest. */
function useCommandForm<T extends Record<string, unknown>>(
  { commander, onClose }: Props,
  initial: T,
  schema: v.GenericSchema<T, unknown>,
  request: (values: T) => CommandRequest,
): SentForm<T> {
  return useSentForm({
    initial,
    schema,
    submit: (values) => {
      commander.mutate(request(values));
      onClose();
      return Promise.resolve();
    },
  });
}

function Dialog<T extends Record<string, unknown>>({ of, title, form, action, children, testid, danger }: {
  of: Props;
  title: string;
  form: SentForm<T>;
  action: string;
  children: ReactNode;
  testid: string;
  danger?: boolean;
}) {
  return (
    <Modal opened={of.opened} onClose={of.onClose} title={title} centered>
      <Form form={form} action={action} testid={testid} {...(danger && { colour: "danger" })}>
        {children}
      </Form>
    </Modal>
  );
}

function connectorChoices(station: Station): { value: string; label: string }[] {
  const evses = [...new Set(station.connectors.map((c) => c.evse))];
  return (evses.length > 0 ? evses : [1]).map((evse) => {
    const status = station.connectors.find((c) => c.evse === evse)?.status ?? null;
    return { value: String(evse), label: `${connectorName(evse)} · ${statusWords(status).word}` };
  });
}

const ANY = "any";

function evseOf(value: string): { evse?: number } {
  return value === ANY ? {} : { evse: Number(value) };
}

export function StartDialog(props: Props) {
  const { station, opened } = props;
  const { rows } = useList<Token>({ ...cardsQuery(), enabled: opened });
  const cards = rows.filter((card) => card.status === "accepted");
  const labels = new Map(cards.map((card) => [card.uid, card.label]));
  // A free connector is the likeliest choice; the charger decides when "any" is asked for.
  const connectors = connectorChoices(station);
  const only = connectors.length === 1;
  const form = useCommandForm(
    props,
    { token: "", evse: only ? (connectors[0]?.value ?? ANY) : ANY },
    v.object({ token: needed(255), evse: v.string() }),
    ({ token, evse }) => ({ name: "remote-start", body: { token: token.trim(), ...evseOf(evse) } }),
  );
  return (
    <Dialog of={props} title={t`Start charging`} form={form} action={t`Start`} testid="action-start-submit">
      <Autocomplete
        label={t`Card`}
        description={t`Who is charging`}
        placeholder={t`Choose or type a card number`}
        required
        data={cards.map((card) => card.uid)}
        renderOption={({ option }) => (
          <span className="hostile">
            {option.value} {labels.get(option.value) && <span className="dim">{labels.get(option.value)}</span>}
          </span>
        )}
        limit={50}
        data-autofocus
        data-testid="start-token"
        {...form.fields.getInputProps("token")}
      />
      <Select
        label={t`Connector`}
        data={only ? connectors : [{ value: ANY, label: t`Any, the charger chooses` }, ...connectors]}
        allowDeselect={false}
        {...form.fields.getInputProps("evse")}
      />
    </Dialog>
  );
}

export function UnlockDialog(props: Props) {
  const choices = connectorChoices(props.station);
  const form = useCommandForm(props, { evse: choices[0]?.value ?? "1" }, v.object({ evse: v.string() }), ({ evse }) => ({
    name: "unlock",
    body: { evse: Number(evse) },
  }));
  return (
    <Dialog of={props} title={t`Unlock a connector`} form={form} action={t`Unlock`} testid="action-unlock-submit">
      <Text size="sm">
        <Trans>Releases the cable lock. A running session is ended first.</Trans>
      </Text>
      <Select label={t`Connector`} data={choices} allowDeselect={false} {...form.fields.getInputProps("evse")} />
    </Dialog>
  );
}

export function ResetDialog(props: Props) {
  const form = useCommandForm(props, { kind: "soft" }, v.object({ kind: v.picklist(["soft", "hard"]) }), ({ kind }) => ({
    name: "reset",
    body: { kind: kind as "soft" | "hard" },
  }));
  const charging = props.station.connectors.filter((c) => c.session).length;
  return (
    <Dialog of={props} title={t`Restart this charger?`} form={form} action={t`Restart now`} testid="action-reset-submit" danger>
      <Radio.Group aria-label={t`How`} {...form.fields.getInputProps("kind")}>
        <Stack gap="sm">
          <Radio value="soft" label={t`Soft`} description={t`Ends running sessions properly, then restarts.`} />
          <Radio value="hard" label={t`Hard`} description={t`Restarts at once, as if the power had been cut.`} />
        </Stack>
      </Radio.Group>
      {charging > 0 && (
        <Text size="sm" fw={600}>
          <Plural value={charging} one="A car is charging; its session ends." other="# cars are charging; their sessions end." />
        </Text>
      )}
    </Dialog>
  );
}

export function AvailabilityDialog(props: Props) {
  const form = useCommandForm(
    props,
    { evse: "0", operative: "true" },
    v.object({ evse: v.string(), operative: v.string() }),
    ({ evse, operative }) => ({ name: "change-availability", body: { evse: Number(evse), operative: operative === "true" } }),
  );
  return (
    <Dialog of={props} title={t`Change availability`} form={form} action={t`Change`} testid="action-availability-submit">
      <Select
        label={t`What`}
        data={[{ value: "0", label: connectorName(0) }, ...connectorChoices(props.station)]}
        allowDeselect={false}
        {...form.fields.getInputProps("evse")}
      />
      <Radio.Group aria-label={t`Availability`} {...form.fields.getInputProps("operative")}>
        <Stack gap="sm">
          <Radio value="true" label={t`In service`} />
          <Radio
            value="false"
            label={t`Out of service`}
            description={t`A running session may end first; the charger then says “Scheduled”.`}
          />
        </Stack>
      </Radio.Group>
    </Dialog>
  );
}

type Asked = Extract<CommandRequest, { name: "trigger-message" }>["body"]["message"];

export function MessageDialog(props: Props) {
  const form = useCommandForm(
    props,
    { message: "StatusNotification", evse: ANY },
    v.object({ message: v.string(), evse: v.string() }),
    ({ message, evse }) => ({ name: "trigger-message", body: { message: message as Asked, ...(ofConnector(message) ? evseOf(evse) : {}) } }),
  );
  const messages = [
    { value: "StatusNotification", label: t`Its state` },
    { value: "MeterValues", label: t`Meter values` },
    { value: "Heartbeat", label: t`A sign of life` },
    { value: "BootNotification", label: t`Its identity (boot notification)` },
    { value: "FirmwareStatusNotification", label: t`State of a firmware update` },
    { value: "DiagnosticsStatusNotification", label: t`State of a diagnostics upload` },
  ];
  return (
    <Dialog of={props} title={t`Ask the charger for a message`} form={form} action={t`Ask`} testid="action-trigger-submit">
      <Select label={t`Message`} data={messages} allowDeselect={false} {...form.fields.getInputProps("message")} />
      {ofConnector(form.fields.values.message) && (
        <Select
          label={t`Connector`}
          data={[{ value: ANY, label: t`All connectors` }, ...connectorChoices(props.station)]}
          allowDeselect={false}
          {...form.fields.getInputProps("evse")}
        />
      )}
    </Dialog>
  );
}

/** Only these two are asked for one connector. */
function ofConnector(message: string): boolean {
  return message === "StatusNotification" || message === "MeterValues";
}
