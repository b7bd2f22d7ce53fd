import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Modal, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { answered, client, type ApiKey } from "@stationmaster/api";
import {
  Ago, At, Badge, Confirm, DataTable, Empty, Icon, notify, PageHead, Problem, tableCss, Waiting, type Column,
} from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useList, useTableState } from "../../lists";
import { useAway } from "../../live/useAway";
import { useFocus } from "../../live/useFocus";
import { keysQuery } from "../../queries";
import { permissionWords, roleWord } from "../../roles";
import type { Permission } from "../../user";
import { AddKey } from "./AddKey";

/** How programs of a customer's say who they are. */
export function KeysPage() {
  useFocus(null);
  const list = useList<ApiKey>(keysQuery());
  const [state, setState] = useTableState();
  const [adding, add] = useDisclosure(false);
  const [made, setMade] = useState(false);
  const [ending, setEnding] = useState<ApiKey | null>(null);
  const queries = useQueryClient();
  const away = useAway() !== null;
  const columns = useMemo(() => keyColumns(setEnding, away), [away]);
  const button = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={add.open} disabled={away} data-testid="add-key">
      <Trans>Add API key</Trans>
    </Button>
  );
  const close = () => {
    setMade(false);
    add.close();
  };
  const name = ending?.name ?? "";
  const revoke = async () => {
    await answered(client.DELETE("/api/v1/api-keys/{key_id}", { params: { path: { key_id: ending?.id ?? "" } } }));
    await queries.invalidateQueries({ queryKey: ["keys"] });
    notify.done(t`The key ${name} is revoked`);
  };

  return (
    <>
      <PageHead title={t`API keys`}>{list.rows.length > 0 && button}</PageHead>
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`API keys`}
          columns={columns}
          rows={list.rows}
          rowId={(key) => key.id}
          state={state}
          onState={setState}
          pages={list.pages}
          search={t`Search keys`}
          rowHeight={64}
          empty={
            <Empty title={t`No API keys yet`}>
              <p>
                <Trans>A program that asks this server for sessions, or sends commands, does so with a key of its own.</Trans>
              </p>
              {button}
            </Empty>
          }
        />
      )}
      <Modal
        opened={adding}
        onClose={close}
        title={made ? t`API key added` : t`Add an API key`}
        centered
        // The key is shown only now: a stray click must not lose it.
        closeOnClickOutside={!made}
        closeOnEscape={!made}
      >
        <AddKey onMade={() => { setMade(true); }} onDone={close} />
      </Modal>
      <Confirm opened={ending !== null} onClose={() => { setEnding(null); }} title={t`Revoke this key?`} action={t`Revoke`} run={revoke}>
        <Text size="sm" className="hostile">
          <Trans>The program that uses {name} is refused from now on. This can't be undone.</Trans>
        </Text>
      </Confirm>
    </>
  );
}

function may(key: ApiKey): string {
  const words = permissionWords();
  if (key.role !== null) return roleWord(key.role);
  return key.permissions.map((each) => words[each as Permission] ?? each).join(", ");
}

function keyState(key: ApiKey): { word: string; tone: "good" | "unavailable" } {
  if (key.expires_at !== null && Date.parse(key.expires_at) <= Date.now()) return { word: t`Expired`, tone: "unavailable" };
  if (key.permissions.length === 0) return { word: t`May do nothing`, tone: "unavailable" };
  return { word: t`Works`, tone: "good" };
}

function keyColumns(onRevoke: (key: ApiKey) => void, away: boolean): Column<ApiKey>[] {
  return [
    {
      id: "name",
      head: t`Name`,
      value: (key) => key.name,
      cell: (key) => (
        <span className="hostile">
          <strong>{key.name}</strong>
          <br />
          <span className="mono small dim">{key.prefix}…</span>
        </span>
      ),
    },
    { id: "state", head: t`State`, value: (key) => keyState(key).word, card: "side", cell: (key) => <Badge tone={keyState(key).tone}>{keyState(key).word}</Badge> },
    { id: "may", head: t`May`, value: may, card: "wide" },
    { id: "sites", head: t`Sites`, value: (key) => (key.sites === null ? t`all` : key.sites.join(", ")), card: "hidden" },
    {
      id: "until",
      head: t`Valid until`,
      value: (key) => key.expires_at,
      card: "hidden",
      cell: (key) => (key.expires_at ? <At at={key.expires_at} /> : <span className="dim"><Trans>always</Trans></span>),
    },
    { id: "used", head: t`Last used`, value: (key) => key.last_used_at, cell: (key) => <span className="dim"><Ago at={key.last_used_at} /></span> },
    { id: "by", head: t`Made by`, value: (key) => key.made_by, extra: true, card: "hidden" },
    { id: "added", head: t`Added`, value: (key) => key.created_at, extra: true, card: "hidden", cell: (key) => <At at={key.created_at} /> },
    { id: "prefix", head: t`Begins with`, value: (key) => key.prefix, extra: true, card: "hidden" },
    {
      id: "actions",
      head: t`Actions`,
      value: () => null,
      actions: true,
      right: true,
      cell: (key) => (
        <Button
          className={tableCss.above} size="compact-sm" variant="subtle" color="gray" disabled={away}
          onClick={() => { onRevoke(key); }}
          aria-label={t`Revoke ${key.name}`}
        >
          <Trans>Revoke</Trans>
        </Button>
      ),
    },
  ];
}
