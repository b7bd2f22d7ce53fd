import { t } from "@lingui/core/macro";
import { TextInput } from "@mantine/core";
import { forgetPassword } from "@stationmaster/api";
import { Form, needed, Note, useSentForm } from "@stationmaster/ui";
import { useState } from "react";
import * as v from "valibot";
import { Door } from "../door/Door";
import css from "../door/door.module.css";
import { BackToLogin } from "./BackToLogin";

export function Forgotten({ onBack }: { onBack: () => void }) {
  const [told, setTold] = useState<string | null>(null);
  const form = useSentForm({
    initial: { email: "" },
    schema: v.object({ email: needed(254) }),
    submit: async ({ email }) => {
      setTold(await forgetPassword(email.trim()));
    },
  });
  return (
    <Door>
      <div className={`${css.form} card`}>
        {told ? (
          <Note tone="available">{told}</Note>
        ) : (
          <Form form={form} action={t`Send me a link`} testid="forgotten-submit">
            <TextInput label={t`E-mail`} type="email" autoComplete="username" data-autofocus data-testid="forgotten-email" {...form.fields.getInputProps("email")} />
          </Form>
        )}
        <BackToLogin onClick={onBack} />
      </div>
    </Door>
  );
}
