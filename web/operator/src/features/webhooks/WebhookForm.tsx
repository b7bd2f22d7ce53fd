import { t } from "@lingui/core/macro";
import { MultiSelect, PasswordInput, TextInput } from "@mantine/core";
import { answered, client, type Webhook } from "@stationmaster/api";
import { Form, notify, optional, useSentForm } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { changed, orNull } from "../../fields";
import { eventWords } from "./words";

interface Props {
  /** The one that is changed; without one a new one is added. */
  webhook?: Webhook;
  /** Told the secret of a new one. */
  onMade?: (secret: string) => void;
  onDone: () => void;
}

function typed(webhook: Webhook | undefined) {
  return { name: webhook?.name ?? "", url: webhook?.url ?? "", events: webhook?.events ?? [], secret: "" };
}

type Typed = ReturnType<typeof typed>;

function facts({ name, url, events }: Typed) {
  return { name: orNull(name), url: url.trim(), events };
}

/** Where a program listens, and of what it is told. */
export function WebhookForm({ webhook, onMade, onDone }: Props) {
  const queries = useQueryClient();
  const form = useSentForm({
    initial: typed(webhook),
    schema: v.object({ name: optional(200), url: address(), events: v.array(v.string()), secret: secret() }),
    submit: async (values, before) => {
      if (webhook) {
        const body = changed(facts(before), facts(values));
        await answered(client.PATCH("/api/v1/webhooks/{webhook_id}", { params: { path: { webhook_id: webhook.id } }, body }));
        notify.done(t`Saved`);
      } else {
        const made = await answered(client.POST("/api/v1/webhooks", { body: { ...facts(values), secret: orNull(values.secret) } }));
        onMade?.(made.secret);
      }
      await queries.invalidateQueries({ queryKey: ["webhooks"] });
      onDone();
    },
  });
  const { fields } = form;
  const words = eventWords();
  return (
    <Form form={form} action={webhook ? t`Save` : t`Add webhook`} testid="webhook-submit">
      <TextInput
        label={t`Address`} description={t`Where your program listens`} placeholder="https://example.com/stationmaster" type="url" autoComplete="off" required
        data-autofocus data-testid="webhook-url" {...fields.getInputProps("url")}
      />
      <TextInput label={t`Name`} description={t`What you call it here`} data-testid="webhook-name" {...fields.getInputProps("name")} />
      <MultiSelect
        label={t`It is told of`}
        placeholder={fields.values.events.length > 0 ? "" : t`Everything`}
        // One that this page does not know of stays chosen, too.
        data={[...new Set([...Object.keys(words), ...fields.values.events])].map((value) => ({ value, label: words[value] ?? value }))}
        hidePickedOptions
        clearable
        clearButtonProps={{ "aria-label": t`Clear` }}
        data-testid="webhook-events"
        {...fields.getInputProps("events")}
      />
      {!webhook && (
        <PasswordInput
          label={t`Secret`} description={t`It signs what is sent. Left empty, one is made, and shown to you once.`} autoComplete="off" placeholder={t`Made by itself`}
          {...fields.getInputProps("secret")}
        />
      )}
    </Form>
  );
}

function address() {
  return v.pipe(
    v.string(),
    v.trim(),
    v.minLength(1, t`Please fill this in`),
    v.maxLength(2000, t`At most 2000 characters`),
    v.regex(/^https?:\/\/[^\s/]+\S*$/i, t`An address that begins with https://`),
  );
}

function secret() {
  return v.pipe(optional(200), v.check((text) => text === "" || text.length >= 16, t`At least 16 characters`));
}
