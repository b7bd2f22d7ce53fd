import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select, Textarea } from "@mantine/core";
import type { CommandRequest, DisplayMessage, Station } from "@stationmaster/api";
import { At, Confirm, Empty, Form, isToCome, moment, MomentField, needed, Problem, Waiting } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import * as v from "valibot";
import { displayQuery } from "../../queries";
import { Only } from "../../user";
import { useCommandForm, type DialogProps } from "./CommandForm";
import { sentenceOf } from "./commands";
import parts from "./Parts.module.css";
import { FormButton, Section } from "./Section";
import { useCommand, usePossible } from "./useCommand";

type Asked = Extract<CommandRequest, { name: "set-display-message" }>["body"];

/** What the charger shows on its display beside its own words. */
export function Display({ station }: { station: Station }) {
  const commander = useCommand(station.id);
  const possible = usePossible(station);
  const { data, error, isPending, refetch } = useQuery(displayQuery(station.id));
  const [removing, remove] = useState<DisplayMessage | null>(null);
  const clear = async ({ id }: DisplayMessage) => {
    sentenceOf(await commander.mutateAsync({ name: "clear-display-message", body: { id } }));
  };
  const buttons = (
    <Only may="operate">
      <Button
        variant="default"
        disabled={!possible}
        onClick={() => { commander.mutate({ name: "get-display-messages", body: {} }); }}
        title={t`Let the charger tell which messages it has`}
      >
        <Trans>Ask the charger</Trans>
      </Button>
      <FormButton station={station} commander={commander} title={t`Add a message`} fields={MessageFields} testid="add-message">
        <Trans>Add a message…</Trans>
      </FormButton>
    </Only>
  );
  return (
    <Section station={station} commander={commander} title={t`Messages on the display`} buttons={buttons}>
      <Problem error={error} retry={() => void refetch()} />
      {isPending && <Waiting />}
      {data?.length === 0 && (
        <Empty title={t`No message of ours is shown`}>
          <p>
            <Trans>Tell drivers what they should know: a price, a closing time, whom to call.</Trans>
          </p>
        </Empty>
      )}
      {data && data.length > 0 && (
        <ul className={parts.lines} data-testid="messages">
          {data.map((message) => (
            <li key={message.id}>
              <div className={`${parts.shown} hostile`}>{message.text}</div>
              <div className={parts.row}>
                <span className="small">{priorityWord(message.priority)}</span>
                <span className="dim small">
                  {[stateWord(message.state), message.session && t`during session ${message.session}`, message.language].filter(Boolean).join(" · ")}
                  <Until message={message} />
                </span>
                <Only may="operate">
                  <Button
                    className={parts.push ?? ""} size="compact-sm" variant="subtle" color="gray" disabled={!possible}
                    onClick={() => { remove(message); }}
                    aria-label={t`Take off… (message ${message.id})`}
                  >
                    <Trans>Take off…</Trans>
                  </Button>
                </Only>
              </div>
            </li>
          ))}
        </ul>
      )}
      <Confirm
        opened={removing !== null}
        onClose={() => { remove(null); }}
        title={t`Take this message off?`}
        action={t`Take off`}
        run={() => (removing ? clear(removing) : Promise.resolve())}
      >
        <div className={`${parts.shown} hostile`}>{removing?.text}</div>
      </Confirm>
    </Section>
  );
}

function Until({ message: { starts_at, ends_at } }: { message: DisplayMessage }) {
  return (
    <>
      {starts_at && isToCome(starts_at) && (
        <>
          {" · "}
          <Trans>
            from <At at={starts_at} />
          </Trans>
        </>
      )}
      {ends_at && (
        <>
          {" · "}
          <Trans>
            until <At at={ends_at} />
          </Trans>
        </>
      )}
    </>
  );
}

function priorityWord(priority: string): string {
  const words: Record<string, string> = {
    always_front: t`Always in front`,
    in_front: t`In front`,
    normal_cycle: t`In turn with others`,
  };
  return words[priority] ?? priority;
}

function stateWord(state: string | null): string {
  const words: Record<string, string> = {
    charging: t`while it charges`,
    faulted: t`while it is faulted`,
    idle: t`while it is free`,
    unavailable: t`while it is out of service`,
    suspended: t`while charging is paused`,
    discharging: t`while it discharges`,
  };
  return state === null ? t`at all times` : (words[state] ?? state);
}

const ALWAYS = "always";

function MessageFields(props: DialogProps) {
  const form = useCommandForm(
    props,
    { text: "", priority: "normal_cycle", state: ALWAYS, ends_at: "" },
    v.object({
      text: needed(512),
      priority: v.string(),
      state: v.string(),
      ends_at: v.pipe(v.string(), v.check((at) => at === "" || isToCome(at), t`Choose a moment that is still to come`)),
    }),
    ({ text, priority, state, ends_at }) => ({
      name: "set-display-message",
      body: {
        text: text.trim(),
        priority: priority as NonNullable<Asked["priority"]>,
        ...(state !== ALWAYS && { state: state as NonNullable<Asked["state"]> }),
        ends_at: moment(ends_at),
      },
    }),
  );
  const { fields } = form;
  return (
    <Form form={form} action={t`Show it`} testid="message-submit">
      <Textarea label={t`Text`} required autosize minRows={2} maxRows={6} data-autofocus data-testid="message-text" {...fields.getInputProps("text")} />
      <Select
        label={t`How`}
        data={["normal_cycle", "in_front", "always_front"].map((value) => ({ value, label: priorityWord(value) }))}
        allowDeselect={false}
        {...fields.getInputProps("priority")}
      />
      <Select
        label={t`When`}
        data={[{ value: ALWAYS, label: t`At all times` }, ...["idle", "charging", "suspended", "unavailable", "faulted"].map((value) => ({ value, label: stateWord(value) }))]}
        allowDeselect={false}
        {...fields.getInputProps("state")}
      />
      <MomentField label={t`Until`} description={t`Empty: until it is taken off`} {...fields.getInputProps("ends_at")} />
    </Form>
  );
}
