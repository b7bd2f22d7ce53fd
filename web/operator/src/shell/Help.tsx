import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Modal } from "@mantine/core";
import { Link, useMatches, useRouterState } from "@tanstack/react-router";
import { helpOf } from "./helpWords";
import { isDriver, useUser } from "../user";
import css from "./Help.module.css";

/** What the page that is open is for, and the keys that work everywhere. */
export function Help({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const page = useMatches().at(-1);
  const driver = isDriver(useUser());
  const title = page?.staticData.title(page.params) ?? "";
  return (
    <Modal opened={opened} onClose={onClose} title={title || t`Help`} centered>
      <p className={css.about} data-testid="help">{helpOf(path)}</p>
      <dl className={css.keys}>
        {!driver && (
          <>
            <dt><kbd>Ctrl K</kbd></dt>
            <dd><Trans>Find a charger or a page</Trans></dd>
          </>
        )}
        <dt><kbd>?</kbd></dt>
        <dd><Trans>The help of this page</Trans></dd>
      </dl>
      {!driver && <Link to="/start" onClick={onClose}><Trans>First steps</Trans></Link>}
    </Modal>
  );
}
