import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, PasswordInput, Select, Text, TextInput } from "@mantine/core";
import { answered, client, ifMatch, tagged, type AlertChannel } from "@stationmaster/api";
import { At, Confirm, DataTable, Empty, Form, Icon, needed, notify, PageHead, Problem, tableCss, useSentForm, Waiting, type Column } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import * as v from "valibot";
import { FormModal } from "../../FormModal";
import { useList, useTableState } from "../../lists";
import { useAway } from "../../live/useAway";
import { useFocus } from "../../live/useFocus";
import { SavedSwitch } from "../../SavedSwitch";
import { channelsQuery } from "./queries";
import { Tabs } from "./Tabs";
import { channelWord } from "./words";
import css from "./Alerts.module.css";

type Act = (what: "edit" | "test" | "remove", channel: AlertChannel) => void;
const KINDS = ["sms", "chat", "push", "webhook"] as const;

/** Where messages go beside e-mail. */
export function ChannelsPage() {
  useFocus(null);
  const queries = useQueryClient();
  const list = useList<AlertChannel>(channelsQuery());
  const [state, setState] = useTableState();
  const [open, setOpen] = useState<"add" | "edit" | "remove" | null>(null);
  const [one, setOne] = useState<AlertChannel | null>(null);
  const away = useAway() !== null;
  const columns = useMemo(() => {
    const act: Act = (what, channel) => {
      if (what === "test") void test(channel).catch(notify.failed);
      else {
        setOne(channel);
        setOpen(what);
      }
    };
    const use = async (channel: AlertChannel, active: boolean) => {
      await change(channel, { active });
      await queries.invalidateQueries({ queryKey: ["alert-channels"] });
    };
    return channelColumns(act, use, away);
  }, [queries, away]);
  const close = () => { setOpen(null); };
  const name = one?.name ?? "";
  const remove = async () => {
    await answered(client.DELETE("/api/v1/alert-channels/{channel_id}", { params: { path: { channel_id: one?.id ?? "" } } }));
    await queries.invalidateQueries({ queryKey: ["alert-channels"] });
    notify.done(t`${name} is removed`);
  };
  const button = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => { setOpen("add"); }} disabled={away} data-testid="add-channel">
      <Trans>Add channel</Trans>
    </Button>
  );
  return (
    <>
      <PageHead title={t`Channels`}>{list.rows.length > 0 && button}</PageHead>
      <Tabs />
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Channels`} columns={columns} rows={list.rows} rowId={(channel) => channel.id} state={state} onState={setState} pages={list.pages}
          search={t`Search channels…`} rowHeight={64}
          empty={
            <Empty title={t`No channels yet`}>
              <p>
                <Trans>E-mail needs no channel. One is for SMS, a chat, push messages to a phone, or the address of a program.</Trans>
              </p>
              {button}
            </Empty>
          }
        />
      )}
      <FormModal opened={open === "add"} onClose={close} title={t`Add a channel`}>
        <ChannelForm onDone={close} />
      </FormModal>
      <FormModal opened={open === "edit"} onClose={close} title={t`Edit this channel`}>
        {one && <ChannelForm channel={one} onDone={close} />}
      </FormModal>
      <Confirm opened={open === "remove"} onClose={close} title={t`Remove this channel?`} action={t`Remove`} run={remove}>
        <Text size="sm" className="hostile">
          <Trans>Nothing is sent to {name} any more, whichever rule names it.</Trans>
        </Text>
      </Confirm>
    </>
  );
}

function channelColumns(act: Act, use: (channel: AlertChannel, active: boolean) => Promise<void>, away: boolean): Column<AlertChannel>[] {
  return [
    {
      id: "name",
      head: t`Channel`,
      value: (channel) => channel.name,
      cell: (channel) => (
        <span className="hostile">
          <strong>{channel.name}</strong>
          <br />
          <span className="small dim">{channel.shown}</span>
        </span>
      ),
    },
    { id: "kind", head: t`Way`, value: (channel) => channelWord(channel.kind), card: "side" },
    {
      id: "active",
      head: t`In use`,
      value: (channel) => (channel.active ? t`In use` : t`Off`),
      cell: (channel) => (
        <SavedSwitch className={tableCss.above ?? ""} on={channel.active} save={(active) => use(channel, active)} aria-label={t`${channel.name} is in use`} />
      ),
    },
    {
      id: "actions",
      head: t`Actions`,
      actions: true,
      right: true,
      card: "wide",
      value: () => null,
      cell: (channel) => (
        <span className={`${css.acts} ${tableCss.above}`}>
          <Button size="compact-sm" variant="default" disabled={away} onClick={() => { act("test", channel); }} data-testid="test-channel">
            <Trans>Send a test</Trans>
          </Button>
          <Button size="compact-sm" variant="subtle" color="gray" disabled={away} onClick={() => { act("edit", channel); }}>
            <Trans>Edit</Trans>
          </Button>
          <Button size="compact-sm" variant="subtle" color="gray" disabled={away} onClick={() => { act("remove", channel); }}>
            <Trans>Remove</Trans>
          </Button>
        </span>
      ),
    },
    { id: "changed", head: t`Changed`, value: (channel) => channel.updated_at, extra: true, card: "hidden", cell: (channel) => <At at={channel.updated_at} /> },
  ];
}

function ChannelForm({ channel, onDone }: { channel?: AlertChannel; onDone: () => void }) {
  const queries = useQueryClient();
  const form = useSentForm({
    initial: { name: channel?.name ?? "", kind: channel?.kind ?? "sms", address: "" },
    schema: v.object({
      name: needed(200),
      kind: v.picklist(KINDS),
      address: channel ? v.pipe(v.string(), v.maxLength(2000, t`At most 2000 characters`)) : needed(2000),
    }),
    submit: async ({ name, kind, address }) => {
      const sent = address.trim();
      if (channel) await change(channel, { name, ...(sent && { address: sent }) });
      else await answered(client.POST("/api/v1/alert-channels", { body: { name, kind, address: sent } }));
      await queries.invalidateQueries({ queryKey: ["alert-channels"] });
      notify.done(channel ? t`Saved` : t`${name} is added`);
      onDone();
    },
  });
  const { fields } = form;
  const kind = fields.values.kind;
  const example = { sms: "twilio://AccountSid:AuthToken@FromPhone/ToPhone", chat: "slack://TokenA/TokenB/TokenC/#channel", push: "pover://User@Token", webhook: "https://example.com/alerts" }[kind];
  return (
    <Form form={form} action={channel ? t`Save` : t`Add channel`} testid="channel-submit">
      <TextInput label={t`Name`} required data-autofocus data-testid="channel-name" {...fields.getInputProps("name")} />
      <Select
        label={t`Way`} data={KINDS.map((value) => ({ value, label: channelWord(value) }))} allowDeselect={false} disabled={channel !== undefined}
        data-testid="channel-kind" {...fields.getInputProps("kind")}
      />
      <PasswordInput
        label={t`Address`} placeholder={example} autoComplete="off" required={channel === undefined} data-testid="channel-address"
        description={channel ? t`Left empty, it stays as it is. It is not shown again.` : t`As in ${example}. It holds a key, and is not shown again.`}
        {...fields.getInputProps("address")}
      />
    </Form>
  );
}

async function change(channel: AlertChannel, body: { name?: string; address?: string; active?: boolean }) {
  const path = { channel_id: channel.id };
  const { tag } = await tagged(client.GET("/api/v1/alert-channels/{channel_id}", { params: { path } }));
  await answered(client.PATCH("/api/v1/alert-channels/{channel_id}", { params: { path, header: ifMatch(tag) }, body }));
}

async function test(channel: AlertChannel) {
  const { delivered, error } = await answered(client.POST("/api/v1/alert-channels/{channel_id}/test", { params: { path: { channel_id: channel.id } } }));
  if (delivered) notify.done(t`${channel.name} has taken the test message`);
  else notify.failed(new Error(t`The test message did not get there: ${error ?? ""}`));
}
