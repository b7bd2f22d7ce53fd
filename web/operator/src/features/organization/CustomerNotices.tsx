import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Select, Switch, TextInput } from "@mantine/core";
import { answered, client, ifMatch, tagged, type NoticeOffers, type Tagged } from "@stationmaster/api";
import { Facts, Form, needed, notify, Problem, useSentForm, Waiting } from "@stationmaster/ui";
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import * as v from "valibot";
import { sentDecimal } from "../../fields";
import thing from "../../thing.module.css";
import { useMay } from "../../user";
import { kindAbout, kindWord, NOTICE_KINDS, ofEach, SWITCHES } from "../customers/noticeWords";

const offersQuery = () =>
  queryOptions({ queryKey: ["organization", "notices"], queryFn: ({ signal }) => tagged(client.GET("/api/v1/organization/notices", { signal })) });

const smsChannelsQuery = () =>
  queryOptions({
    queryKey: ["alert-channels", "sms"],
    queryFn: async ({ signal }) => (await answered(client.GET("/api/v1/alert-channels", { params: { query: { limit: 50 } }, signal }))).items.filter(({ kind }) => kind === "sms"),
  });

/** Which kinds of messages customers may choose. */
export function CustomerNotices() {
  const { data, error, refetch } = useQuery(offersQuery());
  const may = useMay("administer");
  return (
    <section className={`${thing.panel} card`} aria-label={t`Notices to customers`}>
      <h2>
        <Trans>Notices to customers</Trans>
      </h2>
      <p className="dim">
        <Trans>Customers choose for themselves what they are told. Here you say what there is to choose.</Trans>
      </p>
      {error && !data ? <Problem error={error} retry={() => void refetch()} /> : !data ? <Waiting /> : may ? <Offers offers={data} /> : <Shown offers={data.value} />}
    </section>
  );
}

function Shown({ offers }: { offers: NoticeOffers }) {
  return <Facts items={NOTICE_KINDS.map((kind): [string, string] => [kindWord(kind), offers.kinds.includes(kind) ? t`yes` : t`no`])} />;
}

function typedOf(offers: NoticeOffers) {
  return { ...ofEach((kind) => offers.kinds.includes(kind)), wallet_below: offers.wallet_below, sms_channel: offers.sms_channel };
}

function Offers({ offers }: { offers: Tagged<NoticeOffers> }) {
  const queries = useQueryClient();
  const seen = useRef(offers);
  const form = useSentForm({
    initial: typedOf(offers.value),
    schema: v.object({ ...SWITCHES, wallet_below: needed(15), sms_channel: v.nullable(v.string()) }),
    theirs: async () => {
      seen.current = await tagged(client.GET("/api/v1/organization/notices"));
      return typedOf(seen.current.value);
    },
    submit: async (typed) => {
      const body = { kinds: NOTICE_KINDS.filter((kind) => typed[kind]), wallet_below: sentDecimal(typed.wallet_below), sms_channel: typed.sms_channel };
      seen.current = await tagged(client.PATCH("/api/v1/organization/notices", { params: { header: ifMatch(seen.current.tag) }, body }));
      queries.setQueryData(offersQuery().queryKey, seen.current);
      notify.done(t`Saved`);
    },
  });
  const { fields } = form;
  return (
    <Form form={form} action={t`Save`} testid="offers-submit">
      {NOTICE_KINDS.map((kind) => (
        <Switch key={kind} label={kindWord(kind)} description={kindAbout(kind)} data-testid={`offer-${kind}`} {...fields.getInputProps(kind, { type: "checkbox" })} />
      ))}
      <TextInput label={t`A balance is low below`} description={t`In the currency of each wallet`} inputMode="decimal" required {...fields.getInputProps("wallet_below")} />
      <SmsChannel {...fields.getInputProps("sms_channel")} />
    </Form>
  );
}

/** By which of the organization's channels for SMS customers are told who want it so. */
function SmsChannel(field: { value?: string | null; onChange?: (id: string | null) => void }) {
  const { data } = useQuery(smsChannelsQuery());
  return (
    <Select
      label={t`SMS to customers go by`} placeholder={t`None are sent`} data={(data ?? []).map(({ id, name }) => ({ value: id, label: name }))} clearable
      clearButtonProps={{ "aria-label": t`Clear` }} nothingFoundMessage={t`There is no channel for SMS yet`} data-testid="offers-sms"
      description={t`Its account sends them, one by one, to the phone of each customer who wants it so; whoever its address names gets none of them.`} {...field}
    />
  );
}
