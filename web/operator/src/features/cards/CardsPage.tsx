import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Modal, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { answered, client, type Token } from "@stationmaster/api";
import {
  Ago, At, Badge, Confirm, DataTable, Empty, Icon, listCss, notify, PageHead, Problem, tableCss, Waiting, type Column,
} from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useList, useTableState } from "../../lists";
import { useAway } from "../../live/useAway";
import { useFocus } from "../../live/useFocus";
import { cardsQuery } from "../../queries";
import { Only } from "../../user";
import { AddCard } from "./AddCard";

/** Cards: what drivers hold to a charger. The API calls them tokens. */
export function CardsPage() {
  useFocus(null);
  const list = useList<Token>(cardsQuery());
  const [state, setState] = useTableState();
  const [adding, add] = useDisclosure(false);
  const [deleting, setDeleting] = useState<Token | null>(null);
  const queries = useQueryClient();
  const columns = useMemo(() => cardColumns(setDeleting), []);
  const button = (
    <Only may="operate">
      <Button leftSection={<Icon name="plus" size={16} />} onClick={add.open} data-testid="add-card">
        <Trans>Add card</Trans>
      </Button>
    </Only>
  );
  const remove = async (card: Token) => {
    await answered(client.DELETE("/api/v1/tokens/{uid}", { params: { path: { uid: card.uid } } }));
    await queries.invalidateQueries({ queryKey: ["cards"] });
    notify.done(t`The card ${card.uid} is deleted`);
  };

  return (
    <>
      <PageHead title={t`Cards`}>{list.rows.length > 0 && button}</PageHead>
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Cards`}
          columns={columns}
          rows={list.rows}
          rowId={(card) => card.id}
          state={state}
          onState={setState}
          pages={list.pages}
          search={t`Search cards`}
          empty={
            <Empty title={t`No cards yet`}>
              <p>
                <Trans>A card lets a driver start a charger. Add the number that is printed on it, or that a charger shows when it is read.</Trans>
              </p>
              {button}
            </Empty>
          }
        />
      )}
      <Modal opened={adding} onClose={add.close} title={t`Add a card`} centered>
        <AddCard onDone={add.close} />
      </Modal>
      <Confirm
        opened={deleting !== null}
        onClose={() => { setDeleting(null); }}
        title={t`Delete this card?`}
        action={t`Delete`}
        run={() => (deleting ? remove(deleting) : Promise.resolve())}
      >
        <Text size="sm" className="hostile">
          <Trans>{deleting?.label ?? deleting?.uid ?? ""} can no longer start a charger. Its past sessions are kept.</Trans>
        </Text>
      </Confirm>
    </>
  );
}

function stateWord(card: Token): string {
  if (card.status === "blocked") return t`Blocked`;
  return expired(card) ? t`Expired` : t`Accepted`;
}

function expired(card: Token): boolean {
  return card.expires_at !== null && Date.parse(card.expires_at) < Date.now();
}

function cardColumns(onDelete: (card: Token) => void): Column<Token>[] {
  return [
    {
      id: "uid",
      head: t`Card`,
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
      value: stateWord,
      card: "side",
      cell: (card) => <Badge tone={card.status === "blocked" ? "unavailable" : expired(card) ? "busy" : "good"}>{stateWord(card)}</Badge>,
    },
    { id: "label", head: t`Label`, value: (card) => card.label },
    { id: "group", head: t`Group`, value: (card) => card.group, card: "hidden" },
    {
      id: "until",
      head: t`Valid until`,
      value: (card) => card.expires_at,
      card: "hidden",
      cell: (card) => (card.expires_at ? <At at={card.expires_at} /> : <span className="dim"><Trans>always</Trans></span>),
    },
    { id: "added", head: t`Added`, value: (card) => card.created_at, card: "hidden", cell: (card) => <span className="dim"><Ago at={card.created_at} /></span> },
    { id: "actions", head: t`Actions`, value: () => null, actions: true, right: true, cell: (card) => <CardActions card={card} onDelete={onDelete} /> },
  ];
}

function CardActions({ card, onDelete }: { card: Token; onDelete: (card: Token) => void }) {
  const queries = useQueryClient();
  const away = useAway() !== null;
  const blocked = card.status === "blocked";
  const change = useMutation({
    mutationFn: () =>
      answered(
        client.PATCH("/api/v1/tokens/{uid}", { params: { path: { uid: card.uid } }, body: { status: blocked ? "accepted" : "blocked" } }),
      ),
    onError: notify.failed,
    onSettled: () => queries.invalidateQueries({ queryKey: ["cards"] }),
  });
  return (
    <Only may="operate">
      <div className={`${listCss.row} ${tableCss.above}`}>
        <Button
          size="compact-sm" variant="subtle" color="gray" loading={change.isPending} disabled={away}
          onClick={() => { change.mutate(); }}
          aria-label={blocked ? t`Unblock ${card.uid}` : t`Block ${card.uid}`}
        >
          {blocked ? t`Unblock` : t`Block`}
        </Button>
        <Button size="compact-sm" variant="subtle" color="gray" disabled={away} onClick={() => { onDelete(card); }} aria-label={t`Delete ${card.uid}`}>
          <Trans>Delete</Trans>
        </Button>
      </div>
    </Only>
  );
}
