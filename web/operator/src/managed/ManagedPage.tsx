import { PageHead, tableState, type TableState } from "@stationmaster/ui";
import { useState, type ReactNode } from "react";
import { useChosen, useTableState } from "../lists";
import { useFocus } from "../live/useFocus";
import { ManagedTable, REMOVED, type Managed } from "./ManagedTable";
import type { Thing } from "./resource";

/** What the address of such a page may say: which state is looked at, or "removed", beside what its table says. */
export function managedSearch(states: readonly string[] = []) {
  return (search: Record<string, unknown>): TableState & { state?: string } => {
    const state = [...states, REMOVED].find((each) => each === search.state);
    return { ...tableState(search), ...(state !== undefined && { state }) };
  };
}

/** The page of what people manage; `above`: between its title and its table. */
export function ManagedPage<T extends Thing>({ above, ...managed }: Managed<T> & { above?: ReactNode }) {
  useFocus(null);
  const [chosen, choose] = useChosen("state");
  const [state, onState] = useTableState();
  return <ManagedTable {...managed} {...{ chosen, choose, state, onState }} head={(buttons) => <><PageHead title={managed.words.title}>{buttons}</PageHead>{above}</>} />;
}

/** What people manage as a part of another page, whose address does not tell what is chosen here. */
export function ManagedPart<T extends Thing>(managed: Managed<T>) {
  const [chosen, setChosen] = useState<string>();
  const [state, onState] = useState<TableState>({});
  return <ManagedTable {...managed} {...{ chosen, state, onState }} choose={(next) => { setChosen(next ?? undefined); }} />;
}
