import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { JsonInput, Modal, Select, Text, TextInput } from "@mantine/core";
import { FORMS, type CommandForm, type CommandRequest, type FormField } from "@stationmaster/api";
import { Form, useSentForm } from "@stationmaster/ui";
import { useState } from "react";
import * as v from "valibot";
import { may, useUser, type Permission } from "../../user";
import { bodyOf, emptyForm, type Entered } from "./anyCommand";
import type { DialogProps } from "./CommandForm";
import { commandName } from "./commands";

/** Every command that this charger's version has, each with a form made from its fields: for what has no form of its own. */
export function AnyCommand(props: DialogProps) {
  const user = useUser();
  const [name, choose] = useState<string | null>(null);
  const forms = FORMS.filter((form) => form.versions.includes(props.station.ocpp_version ?? "") && may(user, form.may as Permission));
  const chosen = forms.find((form) => form.name === name);
  const data = forms
    .map((form) => ({ value: form.name, label: `${commandName(form.name)} (${form.name})` }))
    .sort((one, other) => one.label.localeCompare(other.label));
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={t`All commands`} size="lg">
      <Select
        label={t`Command`}
        placeholder={t`Search by a word`}
        data={data}
        searchable
        nothingFoundMessage={t`There is no such command for this charger`}
        maxDropdownHeight={280}
        data-autofocus
        data-testid="any-command"
        value={name}
        onChange={choose}
      />
      {chosen && <Fields key={chosen.name} of={props} form={chosen} />}
    </Modal>
  );
}

function Fields({ of, form: command }: { of: DialogProps; form: CommandForm }) {
  const form = useSentForm<Entered>({
    initial: emptyForm(command.fields),
    schema: v.record(v.string(), v.string()),
    submit: (entered) => {
      const { body, missing, unreadable } = bodyOf(command.fields, entered);
      for (const name of missing) form.fields.setFieldError(name, t`Please fill this in`);
      for (const name of unreadable) form.fields.setFieldError(name, t`This cannot be read`);
      if (missing.length > 0 || unreadable.length > 0) return Promise.resolve();
      // The names and bodies come from the same classes as the routes; which belongs to which is checked by the server.
      of.commander.mutate({ name: command.name, body } as unknown as CommandRequest);
      of.onClose();
      return Promise.resolve();
    },
  });
  return (
    <Form form={form} action={t`Send`} testid="any-submit">
      <Text size="sm" c="dimmed" mt="sm" lang="en">
        {command.about}
      </Text>
      {command.fields.length === 0 && (
        <Text size="sm">
          <Trans>There is nothing to fill in.</Trans>
        </Text>
      )}
      {command.fields.map((field) => (
        <Entry key={field.name} field={field} input={form.fields.getInputProps(field.name)} />
      ))}
    </Form>
  );
}

type Input = ReturnType<ReturnType<typeof useSentForm<Entered>>["fields"]["getInputProps"]>;

/** One field: named as in the API, whose words the description uses. */
function Entry({ field, input }: { field: FormField; input: Input }) {
  const shared = { label: field.name, required: field.required, "data-testid": `any-${field.name}`, ...input };
  const choices = field.kind === "flag" ? [{ value: "true", label: t`Yes` }, { value: "false", label: t`No` }] : field.choices;
  if (choices) return <Select {...shared} data={choices} clearable={!field.required} value={shared.value === "" ? null : (shared.value as string)} onChange={(value: string | null) => { (input.onChange as (value: string) => void)(value ?? ""); }} />;
  if (field.kind === "json") return <JsonInput {...shared} autosize minRows={2} maxRows={12} spellCheck={false} classNames={{ input: "mono" }} />;
  return <TextInput {...shared} {...(field.kind === "number" && { inputMode: "decimal" })} {...(field.kind === "time" && { placeholder: "2026-05-01T12:00:00Z" })} />;
}
