import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { ActionIcon, Button, Menu, Modal, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { answered, client, type UserAccount } from "@stationmaster/api";
import {
  At, Badge, Confirm, DataTable, Empty, Icon, Mark, notify, PageHead, Problem, tableCss, Waiting, type Column,
} from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useList, useTableState } from "../../lists";
import { useAway } from "../../live/useAway";
import { useFocus } from "../../live/useFocus";
import { usersQuery } from "../../queries";
import { roleWord } from "../../roles";
import { useUser } from "../../user";
import { AddUser, ChangeRole, NewPassword } from "./UserForms";

type Open = { what: "role" | "password" | "lock" | "remove"; user: UserAccount } | null;

/** People who sign in. */
export function UsersPage() {
  useFocus(null);
  const list = useList<UserAccount>(usersQuery());
  const [state, setState] = useTableState();
  const [adding, add] = useDisclosure(false);
  const [open, setOpen] = useState<Open>(null);
  const queries = useQueryClient();
  const away = useAway() !== null;
  const me = useUser();
  const columns = useMemo(() => userColumns(me.id, setOpen, away), [me.id, away]);
  const fresh = () => queries.invalidateQueries({ queryKey: ["users"] });
  const close = () => { setOpen(null); };
  const user = open?.user;
  const email = user?.email ?? "";
  const path = { user_id: user?.id ?? "" };

  const lock = async () => {
    await answered(client.PATCH("/api/v1/users/{user_id}", { params: { path }, body: { locked: !user?.locked } }));
    await fresh();
    notify.done(user?.locked ? t`${email} may sign in again` : t`${email} is locked out`);
  };
  const remove = async () => {
    await answered(client.DELETE("/api/v1/users/{user_id}", { params: { path } }));
    await fresh();
    notify.done(t`${email} is removed`);
  };

  return (
    <>
      <PageHead title={t`Users`}>
        <Button leftSection={<Icon name="plus" size={16} />} onClick={add.open} disabled={away} data-testid="add-user">
          <Trans>Add user</Trans>
        </Button>
      </PageHead>
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Users`}
          columns={columns}
          rows={list.rows}
          rowId={(each) => each.id}
          state={state}
          onState={setState}
          pages={list.pages}
          search={t`Search users`}
          empty={<Empty title={t`No users yet`} />}
        />
      )}
      <Modal opened={adding} onClose={add.close} title={t`Add a user`} centered>
        <AddUser onDone={add.close} />
      </Modal>
      <Modal opened={open?.what === "role"} onClose={close} title={t`Change the role of ${email}`} centered>
        {user && <ChangeRole user={user} onDone={close} />}
      </Modal>
      <Modal opened={open?.what === "password"} onClose={close} title={t`A new password for ${email}`} centered>
        {user && <NewPassword user={user} onDone={close} />}
      </Modal>
      <Confirm
        opened={open?.what === "lock"}
        onClose={close}
        title={user?.locked ? t`Let ${email} in again?` : t`Lock ${email} out?`}
        action={user?.locked ? t`Unlock` : t`Lock`}
        danger={!user?.locked}
        run={lock}
      >
        <Text size="sm">
          {user?.locked ? (
            <Trans>They can sign in with their password, and the API keys they made work again.</Trans>
          ) : (
            <Trans>They are signed out at once and cannot sign in; the API keys they made rest until they are unlocked.</Trans>
          )}
        </Text>
      </Confirm>
      <Confirm opened={open?.what === "remove"} onClose={close} title={t`Remove ${email}?`} action={t`Remove`} run={remove}>
        <Text size="sm">
          <Trans>They are signed out at once, and the API keys they made end. What they did keeps their name.</Trans>
        </Text>
      </Confirm>
    </>
  );
}

function userColumns(me: string, open: (next: Open) => void, away: boolean): Column<UserAccount>[] {
  return [
    {
      id: "email",
      head: t`E-mail`,
      value: (user) => user.email,
      cell: (user) => (
        <span className="hostile">
          {user.email} {user.id === me && <Mark>{t`you`}</Mark>}
        </span>
      ),
    },
    { id: "role", head: t`Role`, value: (user) => roleWord(user.role) },
    {
      id: "state",
      head: t`State`,
      value: (user) => (user.locked ? t`Locked out` : t`May sign in`),
      card: "side",
      cell: (user) => <Badge tone={user.locked ? "unavailable" : "good"}>{user.locked ? t`Locked out` : t`May sign in`}</Badge>,
    },
    { id: "added", head: t`Added`, value: (user) => user.created_at, card: "hidden", cell: (user) => <At at={user.created_at} /> },
    {
      id: "actions",
      head: t`Actions`,
      value: () => null,
      actions: true,
      right: true,
      cell: (user) => (
        <div className={tableCss.above}>
          <Menu position="bottom-end" width={200} withinPortal>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={t`Actions for ${user.email}`} disabled={away}>
                <Icon name="dots" />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => { open({ what: "role", user }); }}>{t`Change role…`}</Menu.Item>
              {user.id !== me && (
                <>
                  <Menu.Item onClick={() => { open({ what: "password", user }); }}>{t`New password…`}</Menu.Item>
                  <Menu.Item onClick={() => { open({ what: "lock", user }); }}>{user.locked ? t`Unlock…` : t`Lock out…`}</Menu.Item>
                  <Menu.Item onClick={() => { open({ what: "remove", user }); }}>{t`Remove…`}</Menu.Item>
                </>
              )}
            </Menu.Dropdown>
          </Menu>
        </div>
      ),
    },
  ];
}
