import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { ActionIcon, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useContext } from "react";
import { Icon } from "../icons";
import { shownColumns, type Column } from "./columns";
import type { FileKind } from "./DataTable";
import { NameView, SavedViews } from "./SavedViews";
import type { TableState } from "./state";
import { ViewsContext } from "./views";

interface Props<T> {
  columns: Column<T>[];
  state: TableState;
  onState: (next: TableState) => void;
  sortable?: readonly string[] | undefined;
  sort: (id: string) => void;
  /** Null while the rows are not those that were asked for. */
  save: ((kind: FileKind) => void) | null;
  /** Whether the list can be kept as it is now, under a name. */
  views: boolean;
}

/** What can be done with a table: its order (on a phone there is no head to press), its columns, its file. */
export function ViewMenu<T>({ columns, state, onState, sortable, sort, save, views: kept }: Props<T>) {
  const views = useContext(ViewsContext);
  const [naming, name] = useDisclosure(false);
  const choices = columns.filter((column) => !column.actions);
  const shown = new Set(shownColumns(columns, state.columns).map((column) => column.id));
  const show = (id: string) => {
    const next = choices.filter((column) => (column.id === id ? !shown.has(id) : shown.has(column.id))).map((column) => column.id);
    const usual = choices.filter((column) => !column.extra).map((column) => column.id);
    onState({ ...state, columns: next.length === 0 || next.join() === usual.join() ? undefined : next.join(",") });
  };
  return (
    <>
      <Menu position="bottom-end" width={230} withinPortal closeOnItemClick={false}>
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={t`Order, columns, file`} title={t`Order, columns, file`}>
            <Icon name="table" size={17} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown mah="70vh" style={{ overflowY: "auto" }}>
          <Menu.Item leftSection={<Icon name="download" size={16} />} disabled={save === null} onClick={() => save?.("csv")} closeMenuOnClick>
            <Trans>Save as CSV</Trans>
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="download" size={16} />} disabled={save === null} onClick={() => save?.("xlsx")} closeMenuOnClick>
            <Trans>Save as Excel workbook</Trans>
          </Menu.Item>
          {kept && views && <SavedViews views={views} name={name.open} />}
          <Menu.Divider />
          <Menu.Label>
            <Trans>Columns</Trans>
          </Menu.Label>
          {choices.map((column) => (
            <Menu.Item
              key={column.id}
              role="menuitemcheckbox"
              aria-checked={shown.has(column.id)}
              rightSection={shown.has(column.id) ? <Icon name="check" size={15} /> : null}
              onClick={() => {
                show(column.id);
              }}
            >
              {column.head}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Label>
            <Trans>Order by</Trans>
          </Menu.Label>
          {choices.filter((column) => !sortable || sortable.includes(column.id)).map((column) => (
            <Menu.Item
              key={column.id}
              role="menuitemradio"
              aria-checked={state.sort?.replace(/^-/, "") === column.id}
              rightSection={
                state.sort === column.id ? <Icon name="up" size={15} /> : state.sort === `-${column.id}` ? <Icon name="down" size={15} /> : null
              }
              onClick={() => {
                sort(column.id);
              }}
            >
              {column.head}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {views && <NameView views={views} opened={naming} onClose={name.close} />}
    </>
  );
}
