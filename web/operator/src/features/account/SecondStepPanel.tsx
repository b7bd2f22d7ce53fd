import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { removeApp, renewCodes } from "@stationmaster/api";
import { Badge, Form, needed, notify, useSentForm } from "@stationmaster/ui";
import { useState } from "react";
import * as v from "valibot";
import { FormModal } from "../../FormModal";
import { useAway } from "../../live/useAway";
import { CodeInput } from "../../second-step/CodeInput";
import { RecoveryCodes } from "../../second-step/RecoveryCodes";
import thing from "../../thing.module.css";
import { useRefreshedUser, useUser } from "../../user";
import { SetUpApp } from "./SetUpApp";

type Open = "set-up" | "codes" | "remove" | null;

/** Whether signing in asks for a code of an app as well. */
export function SecondStepPanel() {
  const { second_step: has } = useUser();
  const refreshMe = useRefreshedUser();
  const [open, setOpen] = useState<Open>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const away = useAway() !== null;
  const show = (what: Open) => () => { setOpen(what); };
  const close = () => {
    setOpen(null);
    setCodes(null);
  };
  const renew = async (code: string) => { setCodes(await renewCodes(code)); };
  const remove = async (code: string) => {
    await removeApp(code);
    await refreshMe();
    notify.done(t`Signing in has one step again`);
    close();
  };
  return (
    <section className={`${thing.panel} card`} aria-label={t`Second step`}>
      <div className={thing.spread}>
        <h2>
          <Trans>Second step</Trans>
        </h2>
        <Badge tone={has ? "good" : "unavailable"} testid="second-step">{has ? t`On` : t`Off`}</Badge>
      </div>
      <p className="dim">
        {has ? (
          <Trans>Signing in asks for a code of your authenticator app as well. A stolen password alone opens nothing.</Trans>
        ) : (
          <Trans>With an authenticator app on your phone, signing in asks for a code as well. A stolen password alone then opens nothing.</Trans>
        )}
      </p>
      <div className={thing.buttons}>
        {has ? (
          <>
            <Button variant="default" onClick={show("codes")} disabled={away} data-testid="renew-codes">
              <Trans>New codes to keep</Trans>
            </Button>
            <Button variant="subtle" color="gray" onClick={show("remove")} disabled={away} data-testid="remove-app">
              <Trans>Switch off…</Trans>
            </Button>
          </>
        ) : (
          <Button onClick={show("set-up")} disabled={away} data-testid="set-up-app">
            <Trans>Set up</Trans>
          </Button>
        )}
      </div>
      <SetUpApp opened={open === "set-up"} onClose={close} />
      <FormModal opened={open === "codes"} onClose={close} title={t`New codes to keep`} keep={codes !== null}>
        {codes ? (
          <RecoveryCodes codes={codes} onDone={close} />
        ) : (
          <WithCode action={t`Make new codes`} about={t`The codes you have kept until now work no more.`} run={renew} />
        )}
      </FormModal>
      <FormModal opened={open === "remove"} onClose={close} title={t`Switch off the second step?`}>
        <WithCode action={t`Switch off`} about={t`Your password alone signs you in then.`} run={remove} danger />
      </FormModal>
    </section>
  );
}

/** What asks for a code first, so that nobody does it at a screen that was left open. */
function WithCode({ action, about, run, danger = false }: { action: string; about: string; run: (code: string) => Promise<unknown>; danger?: boolean }) {
  const form = useSentForm({ initial: { code: "" }, schema: v.object({ code: needed(40) }), submit: ({ code }) => run(code.trim()) });
  return (
    <Form form={form} action={action} testid="code-submit" {...(danger && { colour: "danger" })}>
      <p className="small">{about}</p>
      <CodeInput description={t`Or one of the codes you have kept`} {...form.fields.getInputProps("code")} />
    </Form>
  );
}
