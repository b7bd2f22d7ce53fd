import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { At, Badge, type Column } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import type { Card } from "./resource";
import { cardState, cardWords } from "./words";

/** Cards as rows; `people`: the reader may see whose they are. Ids are those the server sorts by. */
export function cardColumns({ people }: { people: boolean }): Column<Card>[] {
  return [
    {
      id: "uid",
      head: t`Card`,
      width: "18%",
      value: (card) => card.uid,
      cell: (card) => (
        <Link to="/sessions" search={{ token: card.uid }} className="mono hostile" title={t`Sessions of this card`}>
          {card.uid}
        </Link>
      ),
    },
    {
      id: "state",
      head: t`State`,
      value: (card) => cardWords(cardState(card)).word,
      card: "side",
      cell: (card) => {
        const { word, tone } = cardWords(cardState(card));
        return <Badge tone={tone}>{word}</Badge>;
      },
    },
    { id: "label", head: t`Label`, value: (card) => card.label },
    ...(people ? [OWNER()] : []),
    { id: "group", head: t`Group`, value: (card) => card.group },
    {
      id: "expires",
      head: t`Valid until`,
      value: (card) => card.expires_at,
      card: "hidden",
      cell: (card) => (card.expires_at ? <At at={card.expires_at} /> : <span className="dim"><Trans>always</Trans></span>),
    },
    { id: "kind", head: t`Kind`, value: (card) => card.kind, extra: true },
    { id: "created", head: t`Added`, value: (card) => card.created_at, extra: true, cell: (card) => <At at={card.created_at} /> },
  ];
}

const OWNER = (): Column<Card> => ({
  id: "customer",
  head: t`Customer`,
  width: "16%",
  value: (card) => card.customer_name,
  cell: ({ customer, customer_name }) =>
    customer && (
      <Link to="/customers/$id" params={{ id: customer }} className="hostile">
        {customer_name ?? customer}
      </Link>
    ),
});
