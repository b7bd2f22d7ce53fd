import { t } from "@lingui/core/macro";
import { ActionIcon, Menu } from "@mantine/core";
import type { Webhook } from "@stationmaster/api";
import { At, Badge, Icon, tableCss, type Column } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import { eventsWord, nameOf, webhookState } from "./words";

/** What can be done with a webhook. */
export type Act = "edit" | "pause" | "test" | "again" | "secret" | "remove";

export function webhookColumns(act: (what: Act, webhook: Webhook) => void, away: boolean): Column<Webhook>[] {
  return [
    {
      id: "name",
      head: t`Webhook`,
      value: nameOf,
      cell: (webhook) => (
        <span className="hostile">
          {webhook.name !== null && (
            <>
              <strong>{webhook.name}</strong>
              <br />
            </>
          )}
          <span className={webhook.name === null ? "" : "small dim"}>{webhook.url}</span>
        </span>
      ),
    },
    {
      id: "state",
      head: t`State`,
      value: (webhook) => webhookState(webhook).word,
      card: "side",
      cell: (webhook) => <Badge tone={webhookState(webhook).tone}>{webhookState(webhook).word}</Badge>,
    },
    { id: "events", head: t`Is told of`, value: eventsWord, card: "wide", cell: (webhook) => <span className="dim">{eventsWord(webhook)}</span> },
    {
      id: "deliveries",
      head: t`Deliveries`,
      value: () => null,
      cell: (webhook) => (
        <Link to="/deliveries" search={{ receiver: webhook.id }} className={tableCss.above} aria-label={t`Deliveries to ${nameOf(webhook)}`}>
          {t`Deliveries`}
        </Link>
      ),
    },
    { id: "url", head: t`Address`, value: (webhook) => webhook.url, extra: true, card: "hidden" },
    { id: "changed", head: t`Changed`, value: (webhook) => webhook.changed_at, extra: true, card: "hidden", cell: (webhook) => <At at={webhook.changed_at} /> },
    { id: "added", head: t`Added`, value: (webhook) => webhook.created_at, extra: true, card: "hidden", cell: (webhook) => <At at={webhook.created_at} /> },
    { id: "id", head: t`Id`, value: (webhook) => webhook.id, extra: true, card: "hidden" },
    {
      id: "actions",
      head: t`Actions`,
      value: () => null,
      actions: true,
      right: true,
      cell: (webhook) => <WebhookMenu webhook={webhook} act={act} away={away} />,
    },
  ];
}

function WebhookMenu({ webhook, act, away }: { webhook: Webhook; act: (what: Act, webhook: Webhook) => void; away: boolean }) {
  const run = (what: Act) => () => { act(what, webhook); };
  return (
    <div className={tableCss.above}>
      <Menu position="bottom-end" width={230} withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t`Actions for ${nameOf(webhook)}`} disabled={away}>
            <Icon name="dots" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={run("edit")}>{t`Edit…`}</Menu.Item>
          <Menu.Item onClick={run("test")}>{t`Send a test message`}</Menu.Item>
          <Menu.Item onClick={run("pause")}>{webhook.active ? t`Pause` : t`Go on`}</Menu.Item>
          <Menu.Item onClick={run("again")}>{t`Tell again…`}</Menu.Item>
          <Menu.Divider />
          <Menu.Item onClick={run("secret")}>{t`New secret…`}</Menu.Item>
          <Menu.Item onClick={run("remove")}>{t`Remove…`}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
