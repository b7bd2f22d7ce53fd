import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { answered, client, type OwnCard } from "@stationmaster/api";
import { At, Badge, Confirm, DataTable, Empty, notify, Problem, Waiting, type Column, type TableState } from "@stationmaster/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { RowButton } from "../../managed/RowButton";
import { cardState, cardWords } from "../cards/words";
import { cardsQuery } from "./queries";

/** One's cards; one that is lost is blocked here, at any hour. */
export function OwnCards() {
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(cardsQuery());
  const [state, setState] = useState<TableState>({});
  const [lost, setLost] = useState<OwnCard | null>(null);
  const columns = useMemo(() => cardColumns(setLost), []);
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Waiting />;
  const block = async () => {
    if (lost === null) return;
    await answered(client.POST("/api/v1/me/cards/{uid}/block", { params: { path: { uid: lost.uid }, query: { kind: lost.kind as "Central" | null } } }));
    await queries.invalidateQueries({ queryKey: cardsQuery().queryKey });
    notify.done(t`The card ${lost.uid} is blocked`);
  };
  return (
    <>
      <DataTable
        label={t`Cards`} title={t`Cards`} columns={columns} rows={data} rowId={(one) => `${one.uid} ${one.kind ?? ""}`} state={state} onState={setState}
        empty={
          <Empty title={t`You have no card yet`}>
            <p>
              <Trans>Charging begins with a card of yours. Ask whoever runs the chargers for one.</Trans>
            </p>
          </Empty>
        }
      />
      <Confirm opened={lost !== null} onClose={() => { setLost(null); }} title={t`Block ${lost?.uid ?? ""}?`} action={t`Block it`} run={block}>
        <p>
          <Trans>Nobody can charge with it any more, from now on. Only whoever runs the chargers can let it charge again.</Trans>
        </p>
      </Confirm>
    </>
  );
}

function cardColumns(lose: (card: OwnCard) => void): Column<OwnCard>[] {
  return [
    { id: "uid", head: t`Card`, value: (one) => one.uid, cell: (one) => <span className="mono hostile">{one.uid}</span> },
    {
      id: "state", head: t`State`, card: "side", value: (one) => cardWords(cardState(one)).word,
      cell: (one) => <Badge tone={cardWords(cardState(one)).tone}>{cardWords(cardState(one)).word}</Badge>,
    },
    { id: "label", head: t`Label`, value: (one) => one.label },
    { id: "expires", head: t`Valid until`, value: (one) => one.expires_at, cell: (one) => (one.expires_at ? <At at={one.expires_at} /> : <span className="dim"><Trans>always</Trans></span>) },
    {
      id: "actions", head: t`Actions`, actions: true, right: true, card: "wide", value: () => null,
      cell: (one) => one.status !== "blocked" && <RowButton label={t`Block ${one.uid}`} run={() => { lose(one); }}>{t`Block…`}</RowButton>,
    },
  ];
}
