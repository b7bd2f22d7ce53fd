import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { Button, Modal } from "@mantine/core";
import { Glyph, type Shape } from "@stationmaster/ui";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useAway } from "../live/useAway";
import css from "./Bulk.module.css";
import { eachOf } from "./each";

/** What would happen to one of those that are chosen. */
export interface Plan {
  words: string;
  /** It is left out, and the words say why. */
  skip?: boolean;
}

interface Outcome {
  words: string;
  tone: Shape;
}

interface Props<T> {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** Those that are chosen, as they were when it was opened. */
  rows: T[];
  idOf: (row: T) => string;
  nameOf: (row: T) => string;
  /** What is asked first. */
  children?: ReactNode;
  /** Whether that is answered. */
  ready?: boolean;
  plan: (row: T) => Plan;
  /** Does it to one; answers what came of it, and throws why nothing did. */
  run: (row: T) => Promise<string>;
  /** The word on the button. */
  action: string;
  danger?: boolean;
  onDone?: () => unknown;
}

/** One thing done to many: first what will happen to each, then what came of it. Closing it stops before the next one. */
export function BulkDialog<T>(props: Props<T>) {
  const { opened, onClose, title } = props;
  return (
    <Modal opened={opened} onClose={onClose} title={title} size="lg" centered>
      {opened && <Steps {...props} />}
    </Modal>
  );
}

function Steps<T>({ rows, idOf, nameOf, children, ready = true, plan, run, action, danger = false, onDone, onClose }: Props<T>) {
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map());
  const [state, setState] = useState<"asking" | "running" | "done">("asking");
  const away = useAway() !== null;
  const stopped = useRef(false);
  useEffect(() => {
    stopped.current = false;
    return () => {
      stopped.current = true;
    };
  }, []);
  const plans = rows.map((row) => ({ row, id: idOf(row), ...plan(row) }));
  const acted = plans.filter((each) => !each.skip);
  const go = async () => {
    setState("running");
    await eachOf(acted, async ({ row, id }) => {
      if (stopped.current) return;
      const outcome: Outcome = await run(row).then(
        (words) => ({ words, tone: "good" }),
        (error: unknown) => ({ words: error instanceof Error ? error.message : String(error), tone: "faulted" }),
      );
      setOutcomes((old) => new Map(old).set(id, outcome));
    });
    setState("done");
    await onDone?.();
  };
  const failed = [...outcomes.values()].filter(({ tone }) => tone === "faulted").length;
  return (
    <div className={css.form}>
      {state === "asking" && children}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- or its end can't be reached by keys */}
      <ul className={css.list} aria-label={t`What happens to each`} tabIndex={0}>
        {plans.map(({ row, id, words, skip }) => {
          const outcome = outcomes.get(id);
          return (
            <li key={id} data-skip={skip ?? undefined}>
              <span className="hostile">{nameOf(row)}</span>
              <span className="small">
                {outcome && <Glyph tone={outcome.tone} size={13} />} {outcome?.words ?? words}
              </span>
            </li>
          );
        })}
      </ul>
      {state === "done" ? (
        <>
          <p role="status">
            {failed === 0 ? (
              <Trans>Done.</Trans>
            ) : (
              <Plural value={failed} one="One did not work; its line says why." other="# did not work; their lines say why." />
            )}
          </p>
          <Button variant="default" onClick={onClose} data-autofocus>
            <Trans>Close</Trans>
          </Button>
        </>
      ) : (
        <Button
          {...(danger && { color: "danger" })}
          loading={state === "running"}
          disabled={acted.length === 0 || !ready || away}
          onClick={() => void go()}
          data-testid="bulk-submit"
        >
          {action} · <Plural value={acted.length} one="# of them" other="# of them" />
        </Button>
      )}
    </div>
  );
}
