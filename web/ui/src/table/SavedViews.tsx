import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Menu, Modal, Switch, TextInput } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { Icon } from "../icons";
import css from "./DataTable.module.css";
import type { Views } from "./views";

/** As long as a name that fits into the menu. */
const LONGEST = 40;

/** The part of a list's menu that opens it as it was kept. */
export function SavedViews({ views, name }: { views: Views; name: () => void }) {
  return (
    <>
      <Menu.Divider />
      <Menu.Label>
        <Trans>Views</Trans>
      </Menu.Label>
      {views.list.map((view) => (
        <Menu.Item
          key={view.id}
          aria-current={view.current || undefined}
          rightSection={view.current ? <Icon name="check" size={15} /> : null}
          onClick={() => { views.open(view.id); }}
          closeMenuOnClick
        >
          <span className="hostile">{view.name}</span>
          {view.by !== null && (
            <span className={`${css.sharedBy} dim hostile`}>
              <Trans>shared by {view.by}</Trans>
            </span>
          )}
        </Menu.Item>
      ))}
      {views.list.filter((view) => view.current && view.forgettable).map((view) => (
        <Menu.Item key={`forget ${view.id}`} leftSection={<Icon name="close" size={15} />} onClick={() => { views.forget(view.id); }}>
          <Trans>Forget “{view.name}”</Trans>
        </Menu.Item>
      ))}
      <Menu.Item leftSection={<Icon name="plus" size={15} />} onClick={name} closeMenuOnClick>
        <Trans>Keep this view…</Trans>
      </Menu.Item>
    </>
  );
}

/** Asks for the name of a view. */
export function NameView({ views, opened, onClose }: { views: Views; opened: boolean; onClose: () => void }) {
  const [text, setText] = useState("");
  const [shared, setShared] = useState(false);
  const keep = (event: SyntheticEvent) => {
    event.preventDefault();
    if (text.trim() === "") return;
    views.keep(text.trim(), shared);
    setText("");
    setShared(false);
    onClose();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={t`Keep this view`} centered>
      <form onSubmit={keep} className={css.naming}>
        <TextInput
          label={t`Name`}
          description={t`Its filters, order and columns are kept for you, on each of your devices.`}
          value={text}
          maxLength={LONGEST}
          onChange={(event) => { setText(event.currentTarget.value); }}
          data-autofocus
        />
        {views.shareable && (
          <Switch
            label={t`Share it`}
            description={t`Everybody of your organization who sees lists finds it in their menu, with its filters.`}
            checked={shared}
            onChange={(event) => { setShared(event.currentTarget.checked); }}
          />
        )}
        <Button type="submit" disabled={text.trim() === ""}>
          <Trans>Keep</Trans>
        </Button>
      </form>
    </Modal>
  );
}
