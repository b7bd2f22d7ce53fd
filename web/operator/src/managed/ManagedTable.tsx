import { t } from "@lingui/core/macro";
import { Button, Select } from "@mantine/core";
import type { Tagged } from "@stationmaster/api";
import { DataTable, Empty, Icon, listCss, Problem, tableCss, Waiting, type Column, type TableState } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { FormModal } from "../FormModal";
import { useList, useSearched } from "../lists";
import thing from "../thing.module.css";
import { useMay } from "../user";
import { RemoveDialog } from "./RemoveDialog";
import { listQuery, oneQuery, type Chosen, type Resource, type Thing } from "./resource";
import { RestoreButton } from "./RestoreButton";
import { RowButton } from "./RowButton";
import type { FormProps } from "./useManagedForm";

/** What is chosen among the states to see what was removed. */
export const REMOVED = "removed";

type Open = "add" | "edit" | "remove" | null;

interface Words {
  title: string;
  add: string;
  addTitle: string;
  editTitle: string;
  /** The placeholder of the search field; without one there is none. */
  search?: string;
  noMatch: string;
  /** When there is none at all: that, and what they are. */
  none: string;
  noneAbout: string;
  /** What is asked before one is removed, and what comes of it. */
  removeTitle: string;
  removeAbout: (name: string) => string;
}

/** What a page says of the things that are managed on it. */
export interface Managed<T extends Thing> {
  resource: Omit<Resource<T>, "add" | "change">;
  words: Words;
  /** Without the buttons; a function that stays the same. */
  columns: (removed: boolean) => Column<T>[];
  form: (props: FormProps<T>) => ReactNode;
  /** Begins the names that tests look for. */
  testid: string;
  /** The states to choose from, beside those that were removed. */
  states?: { value: string; label: string }[];
  /** Only those that are so. */
  of?: Omit<Chosen, "state" | "sort">;
  /** Fields that choose what `of` says, and whether they have. */
  filters?: ReactNode;
  filtered?: boolean;
  /** Buttons of a row, before those of every resource; a function that stays the same. */
  buttons?: (one: T) => ReactNode;
  /** What can be done with several at once; for those who may change them. */
  bulk?: (chosen: T[]) => ReactNode;
  /** Beside the button that adds one. */
  others?: ReactNode;
  /** For things with a page of their own: they are edited and removed there, and a new one is shown. */
  show?: (one: T) => void;
  formSize?: string;
}

interface Props<T extends Thing> extends Managed<T> {
  /** Which state is looked at, or "removed". */
  chosen: string | undefined;
  choose: (next: string | null) => void;
  state: TableState;
  onState: (next: TableState) => void;
  /** What stands above the table of a page, with the buttons; a table that is a part of a page has its title and buttons itself. */
  head?: (buttons: ReactNode) => ReactNode;
}

/** What people manage: searched and sorted by the server, added, edited, removed, and restored from among the removed. */
export function ManagedTable<T extends Thing>({
  resource, words, columns, form, testid, states = [], of, filters, filtered = false, buttons, bulk, others, show, formSize, chosen, choose, state, onState, head,
}: Props<T>) {
  const [open, setOpen] = useState<Open>(null);
  const [one, setOne] = useState<T | null>(null);
  const may = useMay(resource.may);
  const { search, typing } = useSearched(state);
  const removed = chosen === REMOVED;
  const list = useList<T>(listQuery(resource, { ...of, search, deleted: removed, state: removed ? undefined : chosen, sort: state.sort }), { typing });
  const shown = useMemo(() => {
    const ask = (row: T, what: Open) => {
      setOne(row);
      setOpen(what);
    };
    const acting: Column<T> = {
      id: "actions",
      head: t`Actions`,
      value: () => null,
      actions: true,
      right: true,
      ...(!removed && { card: "wide" as const }),
      cell: (row) =>
        removed ? (
          resource.restore && <RestoreButton resource={{ ...resource, restore: resource.restore }} one={row} />
        ) : (
          <div className={`${listCss.row} ${tableCss.above}`}>
            {buttons?.(row)}
            <RowButton label={t`Edit ${row.name}`} run={() => { ask(row, "edit"); }}>{t`Edit`}</RowButton>
            <RowButton label={t`Remove ${row.name}`} run={() => { ask(row, "remove"); }}>{t`Remove…`}</RowButton>
          </div>
        ),
    };
    return may && (removed || !show) ? [...columns(removed), acting] : columns(removed);
  }, [resource, columns, buttons, show, may, removed]);
  const close = () => { setOpen(null); };
  const button = may && (
    <Button
      {...(!head && { size: "xs", variant: "default" })}
      leftSection={<Icon name="plus" size={16} />}
      onClick={() => { setOpen("add"); }}
      data-testid={`add-${testid}`}
    >
      {words.add}
    </Button>
  );
  const narrowed = filtered || chosen !== undefined || search !== undefined;
  const all = list.rows.length > 0 || narrowed;
  const choices = [...states, ...(resource.restore ? [{ value: REMOVED, label: t`Removed` }] : [])];
  const choice = choices.length > 0 && (
    <Select
      className={thing.filter ?? ""}
      {...(!head && { size: "xs" })}
      aria-label={t`State`}
      placeholder={states.length > 0 ? t`Any state` : t`All there are`}
      data={choices}
      value={chosen ?? null}
      onChange={choose}
      clearable
      clearButtonProps={{ "aria-label": t`Clear` }}
    />
  );
  const beside = (
    <div className={thing.aside}>
      {choice}
      {others}
      {button}
    </div>
  );
  return (
    <>
      {head?.(all && <div className={thing.buttons}>{others}{button}</div>)}
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={words.title}
          columns={shown}
          rows={list.rows}
          rowId={(row) => `${row.id} ${row.created_at}`}
          state={state}
          onState={onState}
          pages={list.pages}
          sortable={resource.sorts}
          searchedByServer
          bulk={may && !removed ? bulk : undefined}
          {...(words.search !== undefined && { search: words.search })}
          {...(head ? { filters: <>{filters}{choice}</> } : { title: words.title, aside: beside })}
          empty={
            narrowed ? (
              <Empty title={removed && !search ? t`Nothing was removed` : words.noMatch} />
            ) : (
              <Empty title={words.none}>
                <p>{words.noneAbout}</p>
                {head && <div className={thing.buttons}>{others}{button}</div>}
              </Empty>
            )
          }
        />
      )}
      <FormModal opened={open === "add"} onClose={close} title={words.addTitle} size={formSize}>
        {form({
          onDone: (added) => {
            close();
            show?.(added);
          },
        })}
      </FormModal>
      <FormModal opened={open === "edit"} onClose={close} title={words.editTitle} size={formSize}>
        {one && <Edit resource={resource} id={one.id} form={(now) => form({ one: now, onDone: close })} />}
      </FormModal>
      <RemoveDialog
        resource={resource} id={one?.id ?? ""} opened={open === "remove"} onClose={close}
        title={words.removeTitle} about={words.removeAbout}
      />
    </>
  );
}

/** The form with what is there now, and in which version. */
function Edit<T extends Thing>({ resource, id, form }: { resource: Pick<Resource<T>, "key" | "get">; id: string; form: (now: Tagged<T>) => ReactNode }) {
  const { data, error } = useQuery({ ...oneQuery(resource, id), gcTime: 0 });
  if (error) return <Problem error={error} />;
  return data ? form(data) : <Waiting />;
}
