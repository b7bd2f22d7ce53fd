import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Text } from "@mantine/core";
import { answered, client, type Webhook } from "@stationmaster/api";
import { Confirm, DataTable, Empty, Icon, notify, PageHead, Problem, Waiting } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { FormModal } from "../../FormModal";
import { useList, useTableState } from "../../lists";
import { useAway } from "../../live/useAway";
import { useFocus } from "../../live/useFocus";
import { webhooksQuery } from "../../queries";
import { webhookColumns, type Act } from "./columns";
import { SecretShown } from "./SecretShown";
import { TellAgain } from "./TellAgain";
import { WebhookForm } from "./WebhookForm";
import { nameOf } from "./words";

/** Programs of others that are told what happens here. */
export function WebhooksPage() {
  useFocus(null);
  const list = useList<Webhook>(webhooksQuery());
  const [state, setState] = useTableState();
  const [open, setOpen] = useState<Act | "add" | null>(null);
  const [one, setOne] = useState<Webhook | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const queries = useQueryClient();
  const away = useAway() !== null;
  const columns = useMemo(() => {
    const fresh = () => queries.invalidateQueries({ queryKey: ["webhooks"] });
    const act = (what: Act, webhook: Webhook) => {
      if (what === "pause") {
        void pause(webhook).then(fresh, notify.failed);
      } else if (what === "test") {
        void test(webhook).catch(notify.failed);
      } else {
        setOne(webhook);
        setOpen(what);
      }
    };
    return webhookColumns(act, away);
  }, [queries, away]);
  const path = { webhook_id: one?.id ?? "" };
  const name = one ? nameOf(one) : "";
  const close = () => { setOpen(null); };
  const forget = () => { setSecret(null); };
  const remove = async () => {
    await answered(client.DELETE("/api/v1/webhooks/{webhook_id}", { params: { path } }));
    await queries.invalidateQueries({ queryKey: ["webhooks"] });
    notify.done(t`${name} is removed`);
  };
  const renew = async () => {
    setSecret((await answered(client.POST("/api/v1/webhooks/{webhook_id}/secret", { params: { path }, body: {} }))).secret);
  };
  const button = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => { setOpen("add"); }} disabled={away} data-testid="add-webhook">
      <Trans>Add webhook</Trans>
    </Button>
  );
  return (
    <>
      <PageHead title={t`Webhooks`}>{list.rows.length > 0 && button}</PageHead>
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Webhooks`}
          columns={columns}
          rows={list.rows}
          rowId={(webhook) => webhook.id}
          state={state}
          onState={setState}
          pages={list.pages}
          search={t`Search webhooks`}
          rowHeight={64}
          empty={
            <Empty title={t`No webhooks yet`}>
              <p>
                <Trans>A webhook is the address of a program that is told when something happens: a session ends, a charger goes offline.</Trans>
              </p>
              {button}
            </Empty>
          }
        />
      )}
      <FormModal opened={open === "add"} onClose={close} title={t`Add a webhook`}>
        <WebhookForm onMade={setSecret} onDone={close} />
      </FormModal>
      <FormModal opened={secret !== null} onClose={forget} title={t`The secret of this webhook`} keep>
        {secret !== null && <SecretShown secret={secret} onDone={forget} />}
      </FormModal>
      <FormModal opened={open === "edit"} onClose={close} title={t`Edit this webhook`}>
        {one && <WebhookForm webhook={one} onDone={close} />}
      </FormModal>
      <FormModal opened={open === "again"} onClose={close} title={t`Tell again what happened`}>
        {one && <TellAgain webhook={one} onDone={close} />}
      </FormModal>
      <Confirm opened={open === "secret"} onClose={close} title={t`A new secret?`} action={t`Make a new secret`} run={renew}>
        <Text size="sm" className="hostile">
          <Trans>What is sent to {name} is signed with it from now on; the program refuses it until it knows the new one.</Trans>
        </Text>
      </Confirm>
      <Confirm opened={open === "remove"} onClose={close} title={t`Remove this webhook?`} action={t`Remove`} run={remove}>
        <Text size="sm" className="hostile">
          <Trans>{name} is told nothing more, and what still waits for it is given up.</Trans>
        </Text>
      </Confirm>
    </>
  );
}

async function pause(webhook: Webhook) {
  const { active } = await answered(
    client.PATCH("/api/v1/webhooks/{webhook_id}", { params: { path: { webhook_id: webhook.id } }, body: { active: !webhook.active } }),
  );
  const name = nameOf(webhook);
  notify.done(active ? t`${name} is told again, also what it has missed` : t`${name} is told nothing until it goes on`);
}

async function test(webhook: Webhook) {
  const result = await answered(client.POST("/api/v1/webhooks/{webhook_id}/test", { params: { path: { webhook_id: webhook.id } } }));
  const name = nameOf(webhook);
  const took = result.took_ms;
  if (result.delivered) notify.done(t`${name} has taken the test message, in ${took} ms`);
  else notify.failed(new Error(t`The test message did not get there: ${result.error ?? ""}`));
}
