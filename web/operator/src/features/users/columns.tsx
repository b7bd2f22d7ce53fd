import { t } from "@lingui/core/macro";
import { ActionIcon, Menu } from "@mantine/core";
import { client, type UserAccount } from "@stationmaster/api";
import { At, Badge, Icon, Mark, tableCss, type Column, type Shape } from "@stationmaster/ui";
import { RestoreButton } from "../../managed/RestoreButton";
import { roleWord } from "../../roles";

/** What can be done to somebody. */
export type Act = "edit" | "link" | "password" | "second-step" | "lock" | "remove";

export function stateOf(user: UserAccount, removed: boolean): { word: string; tone: Shape } {
  if (removed) return { word: t`Removed`, tone: "unavailable" };
  if (user.locked) return { word: t`Locked out`, tone: "unavailable" };
  // Who registers by themselves is a driver; everybody else was invited.
  if (user.awaited) return { word: user.role === "driver" ? t`Not confirmed yet` : t`Invited`, tone: "busy" };
  return { word: t`May sign in`, tone: "good" };
}

interface Options {
  /** The id of whoever looks. */
  me: string;
  mayOwn: boolean;
  act: (what: Act, user: UserAccount) => void;
  away: boolean;
  /** These are those who were removed. */
  removed: boolean;
}

export function userColumns({ me, mayOwn, act, away, removed }: Options): Column<UserAccount>[] {
  return [
    {
      id: "email",
      head: t`E-mail`,
      value: (user) => user.email,
      cell: (user) => (
        <span className="hostile">
          {user.name !== null && (
            <>
              <strong>{user.name}</strong> <br />
            </>
          )}
          <span className={user.name === null ? "" : "small dim"}>{user.email}</span> {user.id === me && <Mark>{t`you`}</Mark>}
        </span>
      ),
    },
    { id: "name", head: t`Name`, value: (user) => user.name, extra: true, card: "hidden" },
    { id: "role", head: t`Role`, value: (user) => roleWord(user.role) },
    {
      id: "state",
      head: t`State`,
      value: (user) => stateOf(user, removed).word,
      card: "side",
      cell: (user) => <Badge tone={stateOf(user, removed).tone}>{stateOf(user, removed).word}</Badge>,
    },
    {
      id: "sites",
      head: t`Sites`,
      value: sitesWord,
      card: "hidden",
      cell: (user) => <span className={user.sites === null ? "dim" : "hostile"}>{sitesWord(user)}</span>,
    },
    {
      id: "second-step",
      head: t`Second step`,
      value: secondStepWord,
      cell: (user) => (user.second_step ? <Badge tone="good" plain>{secondStepWord(user)}</Badge> : <span className="dim">{secondStepWord(user)}</span>),
    },
    { id: "added", head: t`Added`, value: (user) => user.created_at, card: "hidden", cell: (user) => <At at={user.created_at} /> },
    {
      id: "actions",
      head: t`Actions`,
      value: () => null,
      actions: true,
      right: true,
      // Nobody changes somebody who may do more than they may themselves.
      cell: (user) => {
        if (user.role === "owner" && !mayOwn) return null;
        return removed ? <RestoreButton resource={RESTORED} one={{ id: user.id, name: user.email }} /> : <UserMenu user={user} me={me} act={act} away={away} />;
      },
    },
  ];
}

const RESTORED = {
  key: "users",
  restore: (user_id: string) => client.POST("/api/v1/users/{user_id}/restore", { params: { path: { user_id } } }),
};

/** Says it by itself: on a phone it has no head. */
function secondStepWord(user: UserAccount): string {
  return user.second_step ? t`With second step` : t`No second step`;
}

function sitesWord(user: UserAccount): string {
  return user.sites === null ? t`all` : user.sites.join(", ");
}

function UserMenu({ user, me, act, away }: { user: UserAccount; me: string; act: (what: Act, user: UserAccount) => void; away: boolean }) {
  const run = (what: Act) => () => { act(what, user); };
  return (
    <div className={tableCss.above}>
      <Menu position="bottom-end" width={240} withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t`Actions for ${user.email}`} disabled={away}>
            <Icon name="dots" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={run("edit")}>{t`Edit…`}</Menu.Item>
          {user.id !== me && (
            <>
              {!user.locked && <Menu.Item onClick={run("link")}>{user.awaited ? t`Invite again` : t`Link for a new password`}</Menu.Item>}
              {!user.awaited && <Menu.Item onClick={run("password")}>{t`New password…`}</Menu.Item>}
              {user.second_step && <Menu.Item onClick={run("second-step")}>{t`End the second step…`}</Menu.Item>}
              <Menu.Divider />
              {!user.awaited && <Menu.Item onClick={run("lock")}>{user.locked ? t`Unlock…` : t`Lock out…`}</Menu.Item>}
              <Menu.Item onClick={run("remove")}>{user.awaited ? t`Take back…` : t`Remove…`}</Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
