import { useEffect, type RefObject } from "react";

/**
 * The keys of a list: `/` to its search field, `j` and `k` to the next and previous row, `x` to choose it. Enter opens, since what a row
 * has first is focused. A list that is a part of a page listens only while something in it is focused.
 */
export function useKeys(box: RefObject<HTMLElement | null>, part: boolean, choose: (row: number) => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const list = box.current;
      if (!list || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || busy(event.target)) return;
      if (part && !list.contains(document.activeElement)) return;
      if (event.key === "/") {
        const search = list.querySelector<HTMLInputElement>("input[type=search]");
        if (!search) return;
        search.focus();
        search.select();
      } else if (event.key === "j" || event.key === "k") {
        step(list, event.key === "j" ? 1 : -1);
      } else if (event.key === "x") {
        const at = rowOf(document.activeElement);
        if (!at || !list.contains(at)) return;
        choose(Number(at.dataset.index));
      } else {
        return;
      }
      event.preventDefault();
    };
    window.addEventListener("keydown", press);
    return () => {
      window.removeEventListener("keydown", press);
    };
  }, [box, part, choose]);
}

/* eslint-disable lingui/no-unlocalized-strings -- selectors, no words */
const WRITTEN_IN = "input:not([type=checkbox]), textarea, select, [contenteditable=true]";
const OPEN = "[role=dialog], [role=menu]";
const ROW = "tr[data-index]";
const FIRST = "a, button";
/* eslint-enable lingui/no-unlocalized-strings */

/** Whether somebody is writing, or a dialog or menu is open. */
function busy(target: EventTarget | null): boolean {
  const at = target instanceof HTMLElement ? target : null;
  if (at?.matches(WRITTEN_IN)) return true;
  return document.querySelector(OPEN) !== null;
}

function rowOf(element: Element | null): HTMLElement | null {
  return element?.closest<HTMLElement>(ROW) ?? null;
}

function step(list: HTMLElement, by: 1 | -1): void {
  const rows = [...list.querySelectorAll<HTMLElement>(ROW)];
  const at = rowOf(document.activeElement);
  const next = at && list.contains(at) ? rows[rows.indexOf(at) + by] : rows.find((row) => row.getBoundingClientRect().top >= 0);
  if (!next) return;
  const first = next.querySelector<HTMLElement>(FIRST) ?? next;
  first.focus();
  next.scrollIntoView({ block: "nearest" });
}
