import { Button, Modal, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { post, request, segment } from "../api/client";
import { tokensQuery } from "../api/queries";
import type { Token } from "../api/types";
import { Badge, Empty, More, PageHead, Problem, Table, Waiting } from "../components/bits";
import { Icon } from "../components/icons";
import { Ago, At } from "../components/Time";
import { useFocus } from "../live/useFocus";
import { Only } from "../user";
import css from "./Tokens.module.css";

/** Cards: what drivers hold to a charger. The API calls them tokens. */
export function TokensPage() {
  useFocus(null);
  const list = useInfiniteQuery(tokensQuery());
  const [search, setSearch] = useState("");
  const [adding, add] = useDisclosure(false);
  const [deleting, setDeleting] = useState<Token | null>(null);
  const tokens = list.data?.pages.flatMap((p) => p.items) ?? [];
  const wanted = search.trim().toLowerCase();
  const shown = tokens.filter((t) => [t.uid, t.label, t.group].join(" ").toLowerCase().includes(wanted));
  const button = (
    <Only may="operate">
      <Button leftSection={<Icon name="plus" size={16} />} onClick={add.open} data-testid="add-card">
        Add card
      </Button>
    </Only>
  );

  return (
    <>
      <PageHead title="Cards">
        {tokens.length > 0 && (
          <TextInput
            className="head-search"
            type="search"
            aria-label="Search cards"
            placeholder="Search number, label…"
            leftSection={<Icon name="search" size={16} />}
            value={search}
            onChange={(e) => { setSearch(e.currentTarget.value); }}
          />
        )}
        {tokens.length > 0 && button}
      </PageHead>
      {list.error ? (
        <Problem error={list.error} retry={() => void list.refetch()} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <div className={`${css.flush} card`}>
          {tokens.length === 0 ? (
            <Empty title="No cards yet">
              <p>A card lets a driver start a charger. Add the number that is printed on it, or that a charger shows when it is read.</p>
              {button}
            </Empty>
          ) : shown.length === 0 ? (
            <Empty title="No card matches" />
          ) : (
            <Table label="Cards" heads={[["Card"], ["State"], ["Label"], ["Group"], ["Valid until"], ["Added"], ["", "right"]]}>
              {shown.map((token) => (
                <Row key={token.uid} token={token} onDelete={() => { setDeleting(token); }} />
              ))}
            </Table>
          )}
          {list.hasNextPage && <More busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()} />}
        </div>
      )}
      <Modal opened={adding} onClose={add.close} title="Add a card" centered>
        <AddCard onDone={add.close} />
      </Modal>
      <Modal opened={deleting !== null} onClose={() => { setDeleting(null); }} title="Delete this card?" centered>
        {deleting && <DeleteCard token={deleting} onDone={() => { setDeleting(null); }} />}
      </Modal>
    </>
  );
}

function expired(token: Token): boolean {
  return token.expires_at !== null && Date.parse(token.expires_at) < Date.now();
}

function Row({ token, onDelete }: { token: Token; onDelete: () => void }) {
  const queries = useQueryClient();
  const blocked = token.status === "blocked";
  const change = useMutation({
    mutationFn: () => request<Token>("PATCH", `/tokens/${segment(token.uid)}`, { status: blocked ? "accepted" : "blocked" }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["tokens"] }),
  });
  return (
    <tr>
      <td>
        <Link to="/sessions" search={{ token: token.uid }} className="mono hostile" title="Sessions of this card">
          {token.uid}
        </Link>
      </td>
      <td data-side="">
        {blocked ? <Badge tone="unavailable">Blocked</Badge> : expired(token) ? <Badge tone="busy">Expired</Badge> : <Badge tone="good">Accepted</Badge>}
      </td>
      <td className="hostile">{token.label ?? <span className="dim">–</span>}</td>
      <td className="hostile" data-wide-only="">{token.group ?? <span className="dim">–</span>}</td>
      <td data-wide-only="">{token.expires_at ? <At at={token.expires_at} /> : <span className="dim">always</span>}</td>
      <td data-wide-only="" className="dim">
        <Ago at={token.created_at} />
      </td>
      <td data-right="">
        <div className={css.row}>
          {change.error && <span role="alert" className="small">{change.error.message}</span>}
          <Only may="operate">
            <Button size="compact-sm" variant="subtle" color="gray" loading={change.isPending} onClick={() => { change.mutate(); }} aria-label={`${blocked ? "Unblock" : "Block"} ${token.uid}`}>
              {blocked ? "Unblock" : "Block"}
            </Button>
            <Button size="compact-sm" variant="subtle" color="gray" onClick={onDelete} aria-label={`Delete ${token.uid}`}>
              Delete
            </Button>
          </Only>
        </div>
      </td>
    </tr>
  );
}

function AddCard({ onDone }: { onDone: () => void }) {
  const queries = useQueryClient();
  const [uid, setUid] = useState("");
  const [label, setLabel] = useState("");
  const [until, setUntil] = useState("");
  const add = useMutation({
    mutationFn: () =>
      post<Token>("/tokens", {
        uid: uid.trim(),
        ...(label.trim() && { label: label.trim() }),
        // A date means that whole day, here.
        ...(until && { expires_at: new Date(`${until}T23:59:59`).toISOString() }),
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["tokens"] });
      onDone();
    },
  });
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate();
      }}
    >
      <TextInput label="Card number" description="The UID as chargers read it; large and small letters are the same" required data-autofocus value={uid} onChange={(e) => { setUid(e.currentTarget.value); }} data-testid="add-card-uid" />
      <TextInput label="Label" placeholder="Whose card it is" value={label} onChange={(e) => { setLabel(e.currentTarget.value); }} />
      <TextInput label="Valid until" type="date" value={until} onChange={(e) => { setUntil(e.currentTarget.value); }} />
      <Problem error={add.error} />
      <Button type="submit" loading={add.isPending} disabled={!uid.trim()}>
        Add card
      </Button>
    </form>
  );
}

function DeleteCard({ token, onDone }: { token: Token; onDone: () => void }) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => request("DELETE", `/tokens/${segment(token.uid)}`),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["tokens"] });
      onDone();
    },
  });
  return (
    <div className={css.form}>
      <Text size="sm" className="hostile">
        {token.label ?? token.uid} can no longer start a charger. Its past sessions are kept.
      </Text>
      <Problem error={remove.error} />
      <Button color="red.8" loading={remove.isPending} onClick={() => { remove.mutate(); }}>
        Delete
      </Button>
    </div>
  );
}
