import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Checkbox, Select, Stack, TextInput } from "@mantine/core";
import { answered, client } from "@stationmaster/api";
import { Copyable, DateField, Form, needed, Note, useSentForm } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import * as v from "valibot";
import { NamesInput } from "../../managed/NamesInput";
import { permissionWords, useRoleChoices } from "../../roles";
import { useUser, type Permission } from "../../user";
import { sites } from "../sites/resource";
import css from "./Keys.module.css";

const CHOSEN = "chosen";

/** Adds a key, then shows it, which nobody can see again. */
export function AddKey({ onMade, onDone }: { onMade: () => void; onDone: () => void }) {
  const [text, setText] = useState<string | null>(null);
  const queries = useQueryClient();
  const mine = useUser().permissions;
  const roles = useRoleChoices();
  const form = useSentForm({
    initial: { name: "", role: "viewer", permissions: ["view"] as string[], sites: [] as string[], expires_at: null as string | null },
    schema: v.pipe(
      v.object({
        name: needed(),
        role: v.string(),
        permissions: v.array(v.string()),
        sites: v.array(v.string()),
        expires_at: v.nullable(v.string()),
      }),
      v.forward(
        v.partialCheck(
          [["role"], ["permissions"]],
          ({ role, permissions }) => role !== CHOSEN || permissions.length > 0,
          t`Choose at least one`,
        ),
        ["permissions"],
      ),
    ),
    submit: async ({ name, role, permissions, sites: limits, expires_at }) => {
      const made = await answered(
        client.POST("/api/v1/api-keys", {
          body: {
            name: name.trim(),
            ...(role === CHOSEN ? { permissions } : { role }),
            sites: limits.length > 0 ? limits : null,
            // A date means that whole day, here.
            expires_at: expires_at === null ? null : new Date(`${expires_at}T23:59:59`).toISOString(),
          },
        }),
      );
      setText(made.key);
      onMade();
      await queries.invalidateQueries({ queryKey: ["keys"] });
    },
  });
  const { fields } = form;
  if (text !== null) {
    return (
      <div className={css.made}>
        <Copyable value={text} label={t`Copy key`} testid="new-key" />
        <Note tone="busy">
          <Trans>This key is shown only now. Enter it in the program before you close this.</Trans>
        </Note>
        <p className="dim small">
          <Trans>
            It is sent with every request as <code>Authorization: Bearer</code> and the key.
          </Trans>
        </p>
        <Button onClick={onDone}>
          <Trans>Done, I have kept it</Trans>
        </Button>
      </div>
    );
  }
  const words = permissionWords();
  const offered = (Object.keys(words) as Permission[]).filter((each) => mine.includes(each));
  return (
    <Form form={form} action={t`Add API key`} testid="add-key-submit">
      <TextInput label={t`Name`} description={t`Of the program that will use it`} required data-autofocus data-testid="add-key-name" {...fields.getInputProps("name")} />
      <Select
        label={t`It may do what this role may`}
        data={[...roles, { value: CHOSEN, label: t`Only what I choose` }]}
        allowDeselect={false}
        data-testid="add-key-role"
        {...fields.getInputProps("role")}
      />
      {fields.values.role === CHOSEN && (
        <Checkbox.Group label={t`It may`} {...fields.getInputProps("permissions")}>
          <Stack gap="xs" mt="xs">
            {offered.map((each) => (
              <Checkbox key={each} value={each} label={words[each]} />
            ))}
          </Stack>
        </Checkbox.Group>
      )}
      <NamesInput resource={sites} label={t`Only at these sites`} placeholder={t`All`} {...fields.getInputProps("sites")} />
      <DateField label={t`Valid until`} placeholder={t`Always`} minDate={new Date()} {...fields.getInputProps("expires_at")} />
    </Form>
  );
}
