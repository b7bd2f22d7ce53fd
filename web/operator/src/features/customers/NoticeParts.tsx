import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Box, NumberInput, Radio, Stack, Switch } from "@mantine/core";
import { answered, ifMatch, tagged, type Answer, type NoticeChoices, type OwnNotice, type Page, type Tagged } from "@stationmaster/api";
import { Ago, Badge, DataTable, Facts, Form, Note, notify, Problem, useSentForm, Waiting, type Column, type TableState } from "@stationmaster/ui";
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { Fragment, useMemo, useRef, useState } from "react";
import * as v from "valibot";
import { useList } from "../../lists";
import { pages } from "../../queries";
import thing from "../../thing.module.css";
import { noticeState, onItsWay } from "../alerts/words";
import { kindAbout, kindWord, NOTICE_KINDS, ofEach, SWITCHES, type NoticeKind } from "./noticeWords";

const FEW = 20;
const NARROW = 560;

type Way = NoticeChoices["way"];

/** A notice; who works here is told why it was not sent. */
type Told = OwnNotice & { why?: string | null };

/** Whose notices: a customer's, or one's own. */
export interface Whose {
  /** The beginning of the keys of what is fetched of them. */
  key: readonly unknown[];
  /** Another one where the address may be another. */
  version: string;
  choices: (signal?: AbortSignal) => Promise<Answer<NoticeChoices>>;
  change: (header: { "If-Match": string }, body: { kinds: Partial<Record<NoticeKind, boolean>>; full_at_percent: number; way: Way }) => Promise<Answer<NoticeChoices>>;
  told: (query: { limit: number; cursor: string | null }, signal: AbortSignal) => Promise<Answer<Page<Told>>>;
}

interface Props {
  whose: Whose;
  /** Whether the reader may choose. */
  may: boolean;
  about: string;
  noAddress: string;
  /** The head of what was sent. */
  sent: string;
}

const choicesQuery = ({ key, version, choices }: Whose) =>
  queryOptions({ queryKey: [...key, "notice-choices", version], queryFn: ({ signal }) => tagged(choices(signal)) });

/** What somebody wants to be told of by e-mail or SMS, and what they were told. */
export function NoticeParts({ whose, may, about, noAddress, sent }: Props) {
  const { data, error, refetch } = useQuery(choicesQuery(whose));
  return (
    <>
      <section className={`${thing.panel} ${thing.wide} card`} aria-label={t`Notices`} data-testid="notices">
        <h2>
          <Trans>Notices</Trans>
        </h2>
        <p className="dim">{about}</p>
        {error && !data ? (
          <Problem error={error} retry={() => void refetch()} />
        ) : !data ? (
          <Waiting />
        ) : (
          <>
            {data.value.email === null && !getsSms(data.value) && <Note tone="busy">{noAddress}</Note>}
            {may ? <Choices key={data.tag} whose={whose} chosen={data} /> : <Shown chosen={data.value} />}
          </>
        )}
      </section>
      <WasTold whose={whose} title={sent} />
    </>
  );
}

/** Whether SMS can be sent to them, and they want it so. */
function getsSms({ way, sms_offered: offered, phone }: NoticeChoices): boolean {
  return way === "sms" && offered && phone !== null;
}

/** What may be chosen, and what is chosen and offered no more. */
function listed(chosen: NoticeChoices) {
  return chosen.kinds.filter(({ offered, since }) => offered || since !== null);
}

function Shown({ chosen }: { chosen: NoticeChoices }) {
  const kinds = listed(chosen).map(({ kind, since }): [string, string] => [kindWord(kind), since === null ? t`no` : t`yes`]);
  return <Facts items={getsSms(chosen) ? [...kinds, [t`Told by`, t`SMS`]] : kinds} />;
}

type Typed = Record<NoticeKind, boolean> & { full_at_percent: number | string; way: Way };

function typedOf(chosen: NoticeChoices): Typed {
  const wanted = new Set(chosen.kinds.filter(({ since }) => since !== null).map(({ kind }) => kind));
  return { ...ofEach((kind) => wanted.has(kind)), full_at_percent: chosen.full_at_percent, way: chosen.way };
}

function Choices({ whose, chosen }: { whose: Whose; chosen: Tagged<NoticeChoices> }) {
  const queries = useQueryClient();
  const seen = useRef(chosen);
  const form = useSentForm<Typed>({
    initial: typedOf(chosen.value),
    schema: v.object({ ...SWITCHES, way: v.picklist(["email", "sms"]), full_at_percent: v.pipe(v.union([v.number(), v.string()]), v.check((value) => Number(value) >= 10 && Number(value) <= 100, t`From 10 to 100`)) }),
    theirs: async () => {
      seen.current = await tagged(whose.choices());
      return typedOf(seen.current.value);
    },
    submit: async (typed, before) => {
      const wanted = Object.fromEntries(NOTICE_KINDS.filter((kind) => typed[kind] !== before[kind]).map((kind) => [kind, typed[kind]]));
      const saved = await tagged(whose.change(ifMatch(seen.current.tag), { kinds: wanted, full_at_percent: Number(typed.full_at_percent), way: typed.way }));
      queries.setQueryData(choicesQuery(whose).queryKey, saved);
      notify.done(t`Saved`);
    },
  });
  const { fields } = form;
  return (
    <Box maw={NARROW}>
      <Form form={form} action={t`Save`} testid="notices-submit">
        {listed(chosen.value).map(({ kind, offered }) => (
          <Fragment key={kind}>
            <Switch
              label={kindWord(kind)} description={offered ? kindAbout(kind) : t`Not offered any more, so it is not told`} data-testid={`notice-${kind}`}
              {...fields.getInputProps(kind, { type: "checkbox" })}
            />
            {kind === "nearly_full" && fields.getValues().nearly_full && (
              <NumberInput
                label={t`Nearly full is`} suffix=" %" min={10} max={100} allowDecimal={false} allowNegative={false} description={t`Of the battery, where the car tells of it`}
                {...fields.getInputProps("full_at_percent")}
              />
            )}
          </Fragment>
        ))}
        {(chosen.value.sms_offered || chosen.value.way === "sms") && <HowTold chosen={chosen.value} {...fields.getInputProps("way")} />}
      </Form>
    </Box>
  );
}

/** By e-mail or by SMS, where the organization sends SMS. */
function HowTold({ chosen, ...field }: { chosen: NoticeChoices }) {
  const { email, phone, sms_offered: offered } = chosen;
  return (
    <Radio.Group label={t`Told by`} {...field}>
      <Stack gap="xs" mt="xs">
        <Radio value="email" label={t`E-mail`} description={email ?? t`There is no e-mail address`} />
        <Radio
          value="sms" label={t`SMS`} disabled={phone === null || !offered}
          description={!offered ? t`Not offered any more, so it goes by e-mail` : (phone ?? t`There is no phone number`)}
        />
      </Stack>
    </Radio.Group>
  );
}

/** What they were told, and what could not be sent and why. */
function WasTold({ whose: { key, told }, title }: { whose: Whose; title: string }) {
  const query = pages([...key, "notices"], ({ cursor, signal }) => answered(told({ limit: FEW, cursor }, signal)));
  const list = useList<Told>(query, { underWay: onItsWay });
  const [state, setState] = useState<TableState>({});
  const columns = useMemo(toldColumns, []);
  if (list.error) return <Problem error={list.error} retry={list.retry} />;
  if (list.rows.length === 0) return null;
  return (
    <DataTable
      label={title} title={title} columns={columns} rows={list.rows} rowId={(one) => one.id} state={state} onState={setState} pages={list.pages}
      rowHeight={64} sortable={[]}
    />
  );
}

/** What a device has got is sent, whatever became of its mail. */
function arrived({ state, pushed_at }: Told): Told["state"] {
  return pushed_at === null ? state : "sent";
}

function toldColumns(): Column<Told>[] {
  return [
    {
      id: "subject", head: t`Message`, width: "44%", value: (one) => one.subject,
      cell: (one) => (
        <div className="hostile" title={one.text}>
          {one.subject}
          {one.why != null && one.state !== "sent" && <div className="small dim">{one.why}</div>}
        </div>
      ),
    },
    { id: "kind", head: t`About`, value: (one) => kindWord(one.kind), card: "hidden" },
    { id: "state", head: t`State`, value: (one) => noticeState(arrived(one)).word, card: "side", cell: (one) => <Badge tone={noticeState(arrived(one)).tone}>{noticeState(arrived(one)).word}</Badge> },
    { id: "at", head: t`Written`, value: (one) => one.at, cell: (one) => <span className="dim num"><Ago at={one.at} /></span> },
    { id: "to", head: t`To`, value: (one) => one.receiver, extra: true, card: "hidden" },
  ];
}
