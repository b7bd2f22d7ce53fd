import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { ActionIcon, Button, CopyButton, Loader, Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import css from "./bits.module.css";
import { Glyph, Icon, type Shape } from "./icons";
import { CopyFrame } from "./plain";
import plain from "./plain.module.css";

/** A state: colour, shape and word, always all three. */
export function Badge({ tone, children, title, testid, plain }: {
  tone: Shape;
  children: ReactNode;
  title?: string | undefined;
  testid?: string | undefined;
  plain?: boolean;
}) {
  return (
    <span className={`${css.badge} tone-${tone} ${plain ? css.plain : ""}`} title={title} data-testid={testid}>
      <Glyph tone={tone} size={14} />
      {children}
    </span>
  );
}

/** A word beside a badge that says: look here. */
export function Mark({ children, title }: { children: ReactNode; title?: string }) {
  return (
    <span className={css.mark} title={title}>
      {children}
    </span>
  );
}

export function PageHead({ title, children }: { title: ReactNode; children?: ReactNode }) {
  return (
    <div className={css.head}>
      <h1>{title}</h1>
      {children}
    </div>
  );
}

export function Waiting() {
  return (
    <div className={plain.empty} role="status" aria-label={t`Loading`}>
      <Loader size="sm" color="gray" />
    </div>
  );
}

/** What went wrong, in a sentence, and a way to try again. */
export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  if (!error) return null;
  return (
    <div className={`${plain.note} tone-faulted`} role="alert">
      <Glyph tone="faulted" />
      <span className="hostile">{error instanceof Error ? error.message : t`Something went wrong.`}</span>
      {retry && (
        <Button size="compact-sm" variant="default" onClick={retry}>
          <Trans>Try again</Trans>
        </Button>
      )}
    </div>
  );
}

/** Text to take away. On plain http the browser may refuse to copy; a click selects it all. */
export function Copyable({ value, label, testid }: { value: string; label: string; testid?: string }) {
  return (
    <CopyFrame value={value} testid={testid}>
      <CopyButton value={value} timeout={2000}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? t`Copied` : label}>
            <ActionIcon variant="subtle" color={copied ? "teal" : "gray"} onClick={copy} aria-label={label}>
              <Icon name={copied ? "check" : "copy"} />
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </CopyFrame>
  );
}

export function Facts({ items }: { items: [string, ReactNode][] }) {
  return (
    <dl className={css.facts}>
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function More({ busy, onClick }: { busy: boolean; onClick: () => void }) {
  return (
    <div className={css.more}>
      <Button variant="subtle" color="gray" size="compact-sm" loading={busy} onClick={onClick}>
        <Trans>Show more</Trans>
      </Button>
    </div>
  );
}
