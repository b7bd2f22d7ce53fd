import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { Radio, Select, Stack, Text } from "@mantine/core";
import type { CommandRequest } from "@stationmaster/api";
import { needed } from "@stationmaster/ui";
import * as v from "valibot";
import { connectorName } from "../../words";
import { CardInput } from "./CardInput";
import { ANY, connectorChoices, Dialog, evseOf, useCommandForm, type DialogProps } from "./CommandForm";

export function StartDialog(props: DialogProps) {
  const { station, opened } = props;
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
      <CardInput label={t`Card`} description={t`Who is charging`} opened={opened} data-autofocus data-testid="start-token" {...form.fields.getInputProps("token")} />
      <Select
        label={t`Connector`}
        data={only ? connectors : [{ value: ANY, label: t`Any, the charger chooses` }, ...connectors]}
        allowDeselect={false}
        {...form.fields.getInputProps("evse")}
      />
    </Dialog>
  );
}

export function UnlockDialog(props: DialogProps) {
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

export function ResetDialog(props: DialogProps) {
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

export function AvailabilityDialog(props: DialogProps) {
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

export function MessageDialog(props: DialogProps) {
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
