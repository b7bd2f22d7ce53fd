import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { TextInput } from "@mantine/core";
import { answered, client } from "@stationmaster/api";
import { Form, notify, optional, useSentForm } from "@stationmaster/ui";
import * as v from "valibot";
import { orNull } from "../../fields";
import thing from "../../thing.module.css";
import { useRefreshedUser, useUser } from "../../user";

/** What others here call me. */
export function Profile() {
  const { name, email } = useUser();
  const refreshMe = useRefreshedUser();
  const form = useSentForm({
    // Who has given no name is called by their address.
    initial: { name: name === email ? "" : name },
    schema: v.object({ name: optional(200) }),
    submit: async (values) => {
      await answered(client.PATCH("/api/v1/auth/me", { body: { name: orNull(values.name) } }));
      await refreshMe();
      notify.done(t`Saved`);
    },
  });
  return (
    <section className={`${thing.panel} card`} aria-label={t`Profile`}>
      <h2>
        <Trans>Profile</Trans>
      </h2>
      <Form form={form} action={t`Save`} testid="profile-submit">
        <TextInput
          label={t`Name`} description={t`What colleagues see of you, beside your e-mail address`} placeholder={email} autoComplete="name"
          data-testid="profile-name" {...form.fields.getInputProps("name")}
        />
      </Form>
    </section>
  );
}
