import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { answered, client, type UserAccount, type UserChanges, type UserLink } from "@stationmaster/api";
import { Confirm, DataTable, Empty, Icon, notify, PageHead, Problem, Waiting } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { FormModal } from "../../FormModal";
import { useChosen, useList, useTableState } from "../../lists";
import { useAway } from "../../live/useAway";
import { useFocus } from "../../live/useFocus";
import { REMOVED } from "../../managed/ManagedTable";
import { usersQuery } from "../../queries";
import thing from "../../thing.module.css";
import { useMay, useUser } from "../../user";
import { userColumns, type Act } from "./columns";
import { LinkShown } from "./LinkShown";
import { AddUser, EditUser, NewPassword } from "./UserForms";

interface Open {
  what: Act;
  user: UserAccount;
  opened: boolean;
}

/** People who sign in, and those who are invited. */
export function UsersPage() {
  useFocus(null);
  const [chosen, choose] = useChosen("state");
  const removed = chosen === REMOVED;
  const list = useList<UserAccount>(usersQuery(removed));
  const [state, setState] = useTableState();
  const [adding, add] = useDisclosure(false);
  const [open, setOpen] = useState<Open | null>(null);
  const [shown, setShown] = useState<{ email: string; link: UserLink } | null>(null);
  const queries = useQueryClient();
  const away = useAway() !== null;
  const me = useUser().id;
  const mayOwn = useMay("own");
  const columns = useMemo(() => {
    const act = (what: Act, user: UserAccount) => {
      if (what !== "link") {
        setOpen({ what, user, opened: true });
        return;
      }
      void newLink(user).then(
        (link) => {
          if (link.url === null) notify.done(t`A link for ${user.email} is on its way`);
          else setShown({ email: user.email, link });
        },
        notify.failed,
      );
    };
    return userColumns({ me, mayOwn, act, away, removed });
  }, [me, mayOwn, away, removed]);
  // What it was about stays, for as long as the dialog takes to go.
  const close = () => { setOpen((last) => last && { ...last, opened: false }); };
  const user = open?.user ?? null;
  const isOpen = (what: Act) => open?.opened === true && open.what === what;
  const onLink = (email: string, link: UserLink) => {
    add.close();
    setShown({ email, link });
  };
  const fresh = () => queries.invalidateQueries({ queryKey: ["users"] });
  return (
    <>
      <PageHead title={t`Users`}>
        <Button leftSection={<Icon name="plus" size={16} />} onClick={add.open} disabled={away} data-testid="add-user">
          <Trans>Invite</Trans>
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
          rowHeight={58}
          filters={
            <Select
              className={thing.filter ?? ""}
              aria-label={t`State`}
              placeholder={t`All there are`}
              data={[{ value: REMOVED, label: t`Removed` }]}
              value={removed ? REMOVED : null}
              onChange={choose}
              clearable
              clearButtonProps={{ "aria-label": t`Clear` }}
            />
          }
          empty={
            <Empty title={removed ? t`Nothing was removed` : t`No users yet`}>
              {!removed && <p><Trans>Invite colleagues with “Add user”; each chooses their own password.</Trans></p>}
            </Empty>
          }
        />
      )}
      <FormModal opened={adding} onClose={add.close} title={t`Invite somebody`}>
        <AddUser onLink={onLink} onDone={add.close} />
      </FormModal>
      <LinkShown shown={shown} onClose={() => { setShown(null); }} />
      <FormModal opened={isOpen("edit")} onClose={close} title={t`Edit this user`}>
        {user && <EditUser user={user} onDone={close} />}
      </FormModal>
      <FormModal opened={isOpen("password")} onClose={close} title={t`A new password for ${user?.email ?? ""}`}>
        {user && <NewPassword user={user} onDone={close} />}
      </FormModal>
      <Question open={open} onClose={close} fresh={fresh} />
    </>
  );
}

function newLink({ id }: UserAccount): Promise<UserLink> {
  return answered(client.POST("/api/v1/users/{user_id}/link", { params: { path: { user_id: id } } }));
}

interface Asked {
  title: string;
  action: string;
  danger: boolean;
  about: ReactNode;
  done: string;
  run: () => Promise<unknown>;
}

/** What is asked before somebody is locked out, let in, removed, or loses their second step. */
function Question({ open, onClose, fresh }: { open: Open | null; onClose: () => void; fresh: () => Promise<void> }) {
  const asked = open === null ? null : question(open.what, open.user);
  const run = async () => {
    if (!asked) return;
    await asked.run();
    await fresh();
    notify.done(asked.done);
  };
  return (
    <Confirm opened={asked !== null && open?.opened === true} onClose={onClose} title={asked?.title ?? ""} action={asked?.action ?? ""} danger={asked?.danger ?? true} run={run}>
      <Text size="sm">{asked?.about}</Text>
    </Confirm>
  );
}

function question(what: Act, user: UserAccount): Asked | null {
  const { email } = user;
  const path = { user_id: user.id };
  const change = (body: UserChanges) => () => answered(client.PATCH("/api/v1/users/{user_id}", { params: { path }, body }));
  const remove = () => answered(client.DELETE("/api/v1/users/{user_id}", { params: { path } }));
  if (what === "lock" && user.locked) {
    return {
      title: t`Let ${email} in again?`, action: t`Unlock`, danger: false, done: t`${email} may sign in again`, run: change({ locked: false }),
      about: <Trans>They can sign in with their password, and the API keys they made work again.</Trans>,
    };
  }
  if (what === "lock") {
    return {
      title: t`Lock ${email} out?`, action: t`Lock`, danger: true, done: t`${email} is locked out`, run: change({ locked: true }),
      about: <Trans>They are signed out at once and cannot sign in; the API keys they made rest until they are unlocked.</Trans>,
    };
  }
  if (what === "second-step") {
    return {
      title: t`End the second step of ${email}?`, action: t`End it`, danger: true, done: t`${email} signs in without a code now`,
      run: change({ second_step: false }),
      about: <Trans>For who has lost their phone and the codes they kept. They are signed out, and set it up anew where their role asks for it.</Trans>,
    };
  }
  if (what === "remove" && user.awaited) {
    return {
      title: t`Take back the invitation of ${email}?`, action: t`Take back`, danger: true, done: t`The invitation of ${email} is taken back`, run: remove,
      about: <Trans>The link they were sent works no more. They can be invited again at any time.</Trans>,
    };
  }
  if (what === "remove") {
    return {
      title: t`Remove ${email}?`, action: t`Remove`, danger: true, done: t`${email} is removed`, run: remove,
      about: <Trans>They are signed out at once, and the API keys they made stop working. What they did keeps their name. They can be restored, under “Removed”.</Trans>,
    };
  }
  return null;
}
