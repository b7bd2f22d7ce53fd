import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Text, TextInput } from "@mantine/core";
import { answered, client, type AlertPause } from "@stationmaster/api";
import { At, Badge, Confirm, DataTable, Empty, Form, Icon, moment, MomentField, needed, notify, optional, PageHead, Pair, Problem, tableCss, useNow, useSentForm, Waiting, type Column } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import * as v from "valibot";
import { orNull } from "../../fields";
import { FormModal } from "../../FormModal";
import { useList, useTableState } from "../../lists";
import { useAway } from "../../live/useAway";
import { useFocus } from "../../live/useFocus";
import { RowButton } from "../../managed/RowButton";
import { useMay } from "../../user";
import { SiteInput } from "../chargers/SiteInput";
import { StationInput } from "../chargers/StationInput";
import { pausesQuery } from "./queries";
import { Tabs } from "./Tabs";

/** Times of planned work, in which nobody is told. */
export function PausesPage() {
  useFocus(null);
  const queries = useQueryClient();
  const list = useList<AlertPause>(pausesQuery());
  const [state, setState] = useTableState();
  const [adding, add] = useState(false);
  const [ending, end] = useState<AlertPause | null>(null);
  const may = useMay("operate");
  const away = useAway() !== null;
  const columns = useMemo(() => pauseColumns(may ? end : null), [may]);
  const remove = async () => {
    await answered(client.DELETE("/api/v1/alert-pauses/{pause_id}", { params: { path: { pause_id: ending?.id ?? "" } } }));
    await queries.invalidateQueries({ queryKey: ["alert-pauses"] });
    notify.done(t`The work is over`);
  };
  const button = may && (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => { add(true); }} disabled={away} data-testid="add-pause">
      <Trans>Plan work</Trans>
    </Button>
  );
  return (
    <>
      <PageHead title={t`Planned work`}>{list.rows.length > 0 && button}</PageHead>
      <Tabs />
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Planned work`} columns={columns} rows={list.rows} rowId={(pause) => pause.id} state={state} onState={setState} pages={list.pages}
          empty={
            <Empty title={t`No work is planned`}>
              <p>
                <Trans>Who works at a charger switches it off, and nobody wants an alert for that. Say where and until when: nobody is told of what happens there.</Trans>
              </p>
              {button}
            </Empty>
          }
        />
      )}
      <FormModal opened={adding} onClose={() => { add(false); }} title={t`Plan work`}>
        <PauseForm onDone={() => { add(false); }} />
      </FormModal>
      <Confirm opened={ending !== null} onClose={() => { end(null); }} title={t`Is the work over?`} action={t`It is over`} run={remove} danger={false}>
        <Text size="sm" className="hostile">
          <Trans>What is wrong at {where(ending)} by now is told at once.</Trans>
        </Text>
      </Confirm>
    </>
  );
}

function where(pause: AlertPause | null): string {
  return pause?.station ?? pause?.site ?? t`all chargers`;
}

function pauseColumns(end: ((pause: AlertPause) => void) | null): Column<AlertPause>[] {
  return [
    { id: "where", head: t`Where`, value: where, cell: (pause) => <strong className="hostile">{where(pause)}</strong> },
    { id: "state", head: t`State`, value: (pause) => pause.from_at, card: "side", cell: (pause) => <Going pause={pause} /> },
    { id: "from", head: t`From`, value: (pause) => pause.from_at, cell: (pause) => <At at={pause.from_at} /> },
    { id: "until", head: t`Until`, value: (pause) => pause.until_at, cell: (pause) => <At at={pause.until_at} /> },
    {
      id: "note", head: t`Note`, value: (pause) => pause.note, card: "wide",
      cell: (pause) => (
        <div className="hostile">
          {pause.note}
          {pause.made_by !== null && <div className="small dim">{pause.made_by}</div>}
        </div>
      ),
    },
    ...(end === null
      ? []
      : [
          {
            id: "actions", head: t`Actions`, actions: true, right: true, value: () => null,
            cell: (pause: AlertPause) => (
              <div className={tableCss.above}>
                <RowButton label={t`End the work at ${where(pause)}`} run={() => { end(pause); }}>{t`End…`}</RowButton>
              </div>
            ),
          },
        ]),
  ];
}

function Going({ pause }: { pause: AlertPause }) {
  const now = useNow();
  return Date.parse(pause.from_at) <= now ? <Badge tone="busy">{t`Nobody is told`}</Badge> : <Badge tone="reserved">{t`To come`}</Badge>;
}

function PauseForm({ onDone }: { onDone: () => void }) {
  const queries = useQueryClient();
  const form = useSentForm({
    initial: { site: "", station: "", from_at: "", until_at: "", note: "" },
    schema: v.pipe(
      v.object({ site: optional(200), station: optional(48), from_at: v.string(), until_at: v.pipe(v.string(), v.minLength(1, t`Please fill this in`)), note: needed(500) }),
      v.forward(v.partialCheck([["from_at"], ["until_at"]], ({ from_at, until_at }) => until_at === "" || until_at > from_at, t`It must be later than the beginning`), ["until_at"]),
    ),
    submit: async ({ site, station, from_at, until_at, note }) => {
      const body = { site: orNull(site), station: orNull(station), from_at: moment(from_at), until_at: moment(until_at) ?? "", note: note.trim() };
      await answered(client.POST("/api/v1/alert-pauses", { body }));
      await queries.invalidateQueries({ queryKey: ["alert-pauses"] });
      notify.done(t`Nobody is told of what happens there`);
      onDone();
    },
  });
  const { fields } = form;
  return (
    <Form form={form} action={t`Plan work`} testid="pause-submit">
      <Pair>
        <SiteInput placeholder={t`All sites`} {...fields.getInputProps("site")} />
        <StationInput placeholder={t`All chargers`} testid="pause-station" {...fields.getInputProps("station")} />
      </Pair>
      <Pair>
        <MomentField label={t`From`} description={t`Empty: from now on`} {...fields.getInputProps("from_at")} />
        <MomentField label={t`Until`} description={t`Alerts are told again then`} {...fields.getInputProps("until_at")} />
      </Pair>
      <TextInput label={t`What is done there`} required data-testid="pause-note" {...fields.getInputProps("note")} />
    </Form>
  );
}
