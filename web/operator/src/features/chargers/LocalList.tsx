import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, client, type ListedCard, type LocalList, type Station } from "@stationmaster/api";
import { At, Badge, DataTable, Facts, Problem, Waiting, type Column, type Shape, type TableState } from "@stationmaster/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { listedCardsQuery, localListQuery } from "../../queries";
import { SavedSwitch } from "../../SavedSwitch";
import { Only } from "../../user";
import css from "./Charger.module.css";
import { OnlyConnected } from "./OnlyConnected";
import { Outcome } from "./Outcome";
import parts from "./Parts.module.css";
import { useCommand, usePossible } from "./useCommand";

/** The cards this charger lets in without asking: which list it has, and when it was sent. */
export function LocalListPart({ station }: { station: Station }) {
  return (
    <>
      <ListItself station={station} />
      <ListedCards station={station} />
    </>
  );
}

function ListItself({ station }: { station: Station }) {
  const commander = useCommand(station.id);
  const possible = usePossible(station);
  const { data, error, isPending, refetch } = useQuery(localListQuery(station.id));
  return (
    <section className={`${css.panel} card`} aria-label={t`Card list`} data-testid="local-list">
      <div className={parts.head}>
        <h2>
          <Trans>Cards it lets in without asking</Trans>
        </h2>
        {data && <StateBadge list={data} />}
      </div>
      <p className="dim small">
        <Trans>With this list the charger lets known cards charge at once, also while it is offline.</Trans>
      </p>
      <Problem error={error} retry={() => void refetch()} />
      {isPending && <Waiting />}
      {data && <Known list={data} />}
      <Only may="operate">
        {data && <Keep list={data} />}
        <div className={css.reading}>
          <Button disabled={!possible} onClick={() => { commander.mutate({ name: "send-local-list", body: { full: false } }); }} data-testid="list-send">
            <Trans>Send what has changed</Trans>
          </Button>
          <Button
            variant="default" disabled={!possible}
            onClick={() => { commander.mutate({ name: "send-local-list", body: { full: true } }); }}
            data-testid="list-send-all"
          >
            <Trans>Send all of it</Trans>
          </Button>
          <Button variant="default" disabled={!possible} onClick={() => { commander.mutate({ name: "get-local-list-version", body: {} }); }}>
            <Trans>Ask which it has</Trans>
          </Button>
        </div>
        <OnlyConnected station={station} />
        <Outcome commander={commander} testid="part-outcome" />
      </Only>
    </section>
  );
}

/** Which cards are in it. */
function ListedCards({ station }: { station: Station }) {
  const { data: list } = useQuery(localListQuery(station.id));
  const { data } = useQuery(listedCardsQuery(station.id, (list?.cards ?? 0) > 0));
  const [state, setState] = useState<TableState>({});
  const columns = useMemo(() => cardColumns(), []);
  if (!list?.cards || !data?.length) return null;
  return (
    <DataTable
      label={t`Cards in the list`}
      title={t`Cards in the list`}
      columns={columns}
      rows={data}
      rowId={(card) => `${card.kind ?? ""} ${card.token}`}
      state={state}
      onState={setState}
    />
  );
}

function cardColumns(): Column<ListedCard>[] {
  return [
    { id: "token", head: t`Card`, value: (card) => card.token, cell: (card) => <span className="mono hostile">{card.token}</span> },
    { id: "label", head: t`Label`, value: (card) => card.label },
    { id: "kind", head: t`Kind`, extra: true, value: (card) => card.kind },
  ];
}

function stateWords(list: LocalList): { word: string; tone: Shape } {
  switch (list.state) {
    case "never_sent":
      return { word: t`Never sent`, tone: "unavailable" };
    case "sent":
      return { word: t`On its way`, tone: "busy" };
    case "accepted":
      return { word: t`The charger has it`, tone: "good" };
    case "refused":
      return { word: t`Not taken`, tone: "faulted" };
    case "not_supported":
      return { word: t`Takes no list`, tone: "unavailable" };
  }
}

function StateBadge({ list }: { list: LocalList }) {
  const { word, tone } = stateWords(list);
  return <Badge tone={tone}>{word}</Badge>;
}

function Known({ list }: { list: LocalList }) {
  const told = list.told_version;
  return (
    <>
      {list.detail && <p className="hostile">{list.detail}</p>}
      <Facts
        items={[
          [t`Cards in it`, plural(list.cards, { one: "# card", other: "# cards" })],
          [t`Version sent`, list.version > 0 ? String(list.version) : "–"],
          [t`Version it says it has`, told === null ? "–" : told < 0 ? t`takes no list` : String(told)],
          [t`Last sent`, <At key="sent" at={list.sent_at} />],
          [t`Accepted`, <At key="accepted" at={list.accepted_at} />],
          ...(list.next_at ? [[t`Sent again`, <At key="next" at={list.next_at} />] as [string, ReactNode]] : []),
        ]}
      />
    </>
  );
}

function Keep({ list }: { list: LocalList }) {
  const queries = useQueryClient();
  const change = async (keep: boolean) => {
    await answered(client.PATCH("/api/v1/stations/{station_id}/local-list", { params: { path: { station_id: list.station } }, body: { keep } }));
    await queries.invalidateQueries({ queryKey: ["parts", list.station] });
  };
  return <SavedSwitch label={t`Keep it fresh: send what has changed whenever a card is added, blocked or deleted`} on={list.keep} save={change} />;
}
