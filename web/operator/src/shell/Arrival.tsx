import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, PasswordInput } from "@mantine/core";
import { choosePassword, confirmAddress } from "@stationmaster/api";
import { Form, Note, useSentForm } from "@stationmaster/ui";
import { useEffect, useState } from "react";
import * as v from "valibot";
import { longEnough } from "../passwords";
import { Door } from "../door/Door";
import css from "../door/door.module.css";
import { nameTab } from "../search";

export function Arrival({ onDone }: { onDone: () => void }) {
  const [page] = useState(() => window.location.pathname);
  const [token] = useState(() => window.location.hash.slice(1));
  const [done, setDone] = useState(false);
  useEffect(() => {
    nameTab(t`Welcome`);
    window.history.replaceState(null, "", "/"); // it belongs in no history
  }, []);
  return (
    <Door>
      <div className={`${css.form} card`}>
        {done ? (
          <>
            <Note tone="available">{page === "/confirm" ? <Trans>Your address is confirmed.</Trans> : <Trans>Your password is set.</Trans>}</Note>
            <Button onClick={onDone} data-testid="arrival-done">
              <Trans>Sign in</Trans>
            </Button>
          </>
        ) : page === "/confirm" ? (
          <Confirm token={token} onDone={() => { setDone(true); }} />
        ) : (
          <Choose token={token} onDone={() => { setDone(true); }} />
        )}
      </div>
    </Door>
  );
}

interface Props {
  token: string;
  onDone: () => void;
}

function Choose({ token, onDone }: Props) {
  const form = useSentForm({
    initial: { password: "", again: "" },
    schema: v.pipe(
      v.object({ password: longEnough(), again: v.string() }),
      v.forward(v.partialCheck([["password"], ["again"]], (values) => values.password === values.again, t`These two are not the same`), ["again"]),
    ),
    submit: async ({ password }) => {
      await choosePassword(token, password);
      onDone();
    },
  });
  return (
    <Form form={form} action={t`Set password`} testid="choose-submit">
      <PasswordInput
        label={t`New password`}
        description={t`At least 12 characters`}
        autoComplete="new-password"
        data-autofocus
        data-testid="choose-password"
        {...form.fields.getInputProps("password")}
      />
      <PasswordInput label={t`New password again`} autoComplete="new-password" data-testid="choose-again" {...form.fields.getInputProps("again")} />
    </Form>
  );
}

/** A click confirms, and not the page alone: mail programs look at links before people do. */
function Confirm({ token, onDone }: Props) {
  const form = useSentForm({
    initial: {},
    schema: v.object({}),
    submit: async () => {
      await confirmAddress(token);
      onDone();
    },
  });
  return (
    <Form form={form} action={t`Confirm my address`} testid="confirm-submit">
      <p>
        <Trans>One click, and this address is yours here.</Trans>
      </p>
    </Form>
  );
}
