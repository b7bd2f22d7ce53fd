import { Modal } from "@mantine/core";
import type { CommandRequest, Station } from "@stationmaster/api";
import { Form, useSentForm, type SentForm } from "@stationmaster/ui";
import type { ReactNode } from "react";
import type * as v from "valibot";
import { connectorName, statusWords } from "../../words";
import type { Commander } from "./useCommand";

export interface DialogProps {
  station: Station;
  commander: Commander;
  opened: boolean;
  onClose: () => void;
}

/** A command's form: the dialog closes when it is sent, the outcome on the page tells the rest. */
export function useCommandForm<T extends Record<string, unknown>>(
  { commander, onClose }: DialogProps,
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

export function Dialog<T extends Record<string, unknown>>({ of, title, form, action, children, testid, danger }: {
  of: DialogProps;
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

/** The connectors that a command can be about, with how they are. */
export function connectorChoices(station: Station): { value: string; label: string }[] {
  const evses = [...new Set(station.connectors.map((c) => c.evse))];
  return (evses.length > 0 ? evses : [1]).map((evse) => {
    const status = station.connectors.find((c) => c.evse === evse)?.status ?? null;
    return { value: String(evse), label: `${connectorName(evse)} · ${statusWords(status).word}` };
  });
}

export const ANY = "any";

export function evseOf(value: string): { evse?: number } {
  return value === ANY ? {} : { evse: Number(value) };
}
