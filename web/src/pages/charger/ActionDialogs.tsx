import { Autocomplete, Button, Modal, Radio, Select, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { tokensQuery } from "../../api/queries";
import type { Station } from "../../api/types";
import { connectorName, statusWords } from "../../words";
import type { Commander } from "./useCommand";

interface Props {
  station: Station;
  commander: Commander;
  opened: boolean;
  onClose: () => void;
}

/** A small form: Enter sends it, the dialog closes, the outcome tells the rest. */
function Dialog({ title, opened, onClose, submit, action, colour, children, ready = true, testid }: {
  title: string;
  opened: boolean;
  onClose: () => void;
  submit: () => void;
  action: string;
  colour?: string;
  children: ReactNode;
  ready?: boolean;
  testid: string;
}) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
          onClose();
        }}
      >
        <Stack gap="md">
          {children}
          <Button type="submit" disabled={!ready} {...(colour ? { color: colour } : {})} data-testid={testid}>
            {action}
          </Button>
        </Stack>
      </form>
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

function ConnectorSelect({ label = "Connector", choices, value, onChange }: {
  label?: string;
  choices: { value: string; label: string }[];
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <Select
      label={label}
      data={choices}
      value={value}
      allowDeselect={false}
      onChange={(v) => {
        if (v !== null) onChange(v);
      }}
    />
  );
}

const ANY = "any";

export function StartDialog({ station, commander, opened, onClose }: Props) {
  const [card, setCard] = useState("");
  const [evse, setEvse] = useState(ANY);
  const tokens = useInfiniteQuery({ ...tokensQuery(), enabled: opened });
  const cards = tokens.data?.pages.flatMap((p) => p.items).filter((t) => t.status === "accepted") ?? [];
  const labels = new Map(cards.map((t) => [t.uid, t.label]));
  // A free connector is the likeliest choice; the charger decides when "any" is asked for.
  const choices = [{ value: ANY, label: "Any, the charger chooses" }, ...connectorChoices(station)];
  const only = choices.length === 2 ? choices[1] : undefined;
  const chosen = only && evse === ANY ? only.value : evse;
  return (
    <Dialog
      title="Start charging"
      opened={opened}
      onClose={onClose}
      action="Start"
      ready={card.trim() !== ""}
      testid="action-start-submit"
      submit={() => {
        commander.mutate({
          name: "remote-start",
          body: { token: card.trim(), ...(chosen === ANY ? {} : { evse: Number(chosen) }) },
        });
      }}
    >
      <Autocomplete
        label="Card"
        description="Who is charging"
        placeholder="Choose or type a card number"
        data={cards.map((t) => t.uid)}
        renderOption={({ option }) => (
          <span className="hostile">
            {option.value} {labels.get(option.value) && <span className="dim">{labels.get(option.value)}</span>}
          </span>
        )}
        limit={50}
        value={card}
        onChange={setCard}
        data-autofocus
        data-testid="start-token"
      />
      <ConnectorSelect choices={only ? [only] : choices} value={chosen} onChange={setEvse} />
    </Dialog>
  );
}

export function UnlockDialog({ station, commander, opened, onClose }: Props) {
  const choices = connectorChoices(station);
  const [evse, setEvse] = useState(choices[0]?.value ?? "1");
  return (
    <Dialog
      title="Unlock a connector"
      opened={opened}
      onClose={onClose}
      action="Unlock"
      testid="action-unlock-submit"
      submit={() => {
        commander.mutate({ name: "unlock", body: { evse: Number(evse) } });
      }}
    >
      <Text size="sm">Releases the cable lock. A running session is ended first.</Text>
      <ConnectorSelect choices={choices} value={evse} onChange={setEvse} />
    </Dialog>
  );
}

export function ResetDialog({ station, commander, opened, onClose }: Props) {
  const [kind, setKind] = useState("soft");
  const charging = station.connectors.filter((c) => c.session).length;
  return (
    <Dialog
      title="Restart this charger?"
      opened={opened}
      onClose={onClose}
      action="Restart now"
      colour="red.8"
      testid="action-reset-submit"
      submit={() => {
        commander.mutate({ name: "reset", body: { kind } });
      }}
    >
      <Radio.Group value={kind} onChange={setKind} aria-label="How">
        <Stack gap="sm">
          <Radio value="soft" label="Soft" description="Ends running sessions properly, then restarts." />
          <Radio value="hard" label="Hard" description="Restarts at once, as if the power had been cut." />
        </Stack>
      </Radio.Group>
      {charging > 0 && (
        <Text size="sm" fw={600}>
          {charging === 1 ? "A car is charging; its session ends." : `${charging} cars are charging; their sessions end.`}
        </Text>
      )}
    </Dialog>
  );
}

export function AvailabilityDialog({ station, commander, opened, onClose }: Props) {
  const [evse, setEvse] = useState("0");
  const [operative, setOperative] = useState("true");
  return (
    <Dialog
      title="Change availability"
      opened={opened}
      onClose={onClose}
      action="Change"
      testid="action-availability-submit"
      submit={() => {
        commander.mutate({ name: "change-availability", body: { evse: Number(evse), operative: operative === "true" } });
      }}
    >
      <ConnectorSelect label="What" choices={[{ value: "0", label: connectorName(0) }, ...connectorChoices(station)]} value={evse} onChange={setEvse} />
      <Radio.Group value={operative} onChange={setOperative} aria-label="Availability">
        <Stack gap="sm">
          <Radio value="true" label="In service" />
          <Radio value="false" label="Out of service" description="A running session may end first; the charger then says “Scheduled”." />
        </Stack>
      </Radio.Group>
    </Dialog>
  );
}

const MESSAGES: Record<string, string> = {
  StatusNotification: "Its state",
  MeterValues: "Meter values",
  Heartbeat: "A sign of life",
  BootNotification: "Its identity (boot notification)",
  FirmwareStatusNotification: "State of a firmware update",
  DiagnosticsStatusNotification: "State of a diagnostics upload",
};

export function MessageDialog({ station, commander, opened, onClose }: Props) {
  const [message, setMessage] = useState("StatusNotification");
  const [evse, setEvse] = useState(ANY);
  return (
    <Dialog
      title="Ask the charger for a message"
      opened={opened}
      onClose={onClose}
      action="Ask"
      testid="action-trigger-submit"
      submit={() => {
        commander.mutate({ name: "trigger-message", body: { message, ...(evse === ANY ? {} : { evse: Number(evse) }) } });
      }}
    >
      <Select
        label="Message"
        data={Object.entries(MESSAGES).map(([value, label]) => ({ value, label }))}
        value={message}
        allowDeselect={false}
        onChange={(v) => {
          if (v !== null) setMessage(v);
        }}
      />
      {(message === "StatusNotification" || message === "MeterValues") && (
        <ConnectorSelect choices={[{ value: ANY, label: "All connectors" }, ...connectorChoices(station)]} value={evse} onChange={setEvse} />
      )}
    </Dialog>
  );
}
