import { ActionIcon, Button, CopyButton, Loader, Tooltip } from "@mantine/core";
import { Fragment, type ReactNode } from "react";
import { ApiError } from "../api/client";
import { connectorWords, stationTone, TONE_WORDS, type Tone } from "../words";
import type { Connector, Station } from "../api/types";
import css from "./bits.module.css";
import { Glyph, Icon, type Shape } from "./icons";

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

export function ConnectorBadge({ station, connector }: { station: Station; connector: Connector }) {
  const { word, tone, meaning } = connectorWords(station, connector);
  return (
    <Badge tone={tone} title={meaning} testid={`connector-${station.id}-${connector.evse}`}>
      {word}
    </Badge>
  );
}

export function StationBadge({ station }: { station: Station }) {
  const tone = stationTone(station);
  const never = tone === "offline" && !station.last_heard_at;
  return <Badge tone={tone}>{never ? "Never connected" : TONE_WORDS[tone]}</Badge>;
}

export function PageHead({ title, children }: { title: ReactNode; children?: ReactNode }) {
  return (
    <div className={css.head}>
      <h1>{title}</h1>
      {children}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={css.empty}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Waiting() {
  return (
    <div className={css.empty} role="status" aria-label="Loading">
      <Loader size="sm" color="gray" />
    </div>
  );
}

/** What went wrong, in words, with the fields that were wrong and a way to try again. */
export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  if (!error) return null;
  const known = error instanceof ApiError ? error : null;
  return (
    <div className={`${css.note} tone-faulted`} role="alert">
      <Glyph tone="faulted" />
      <span>
        <strong>{known?.title ?? "Something went wrong"}</strong>
        {known?.detail ? `. ${known.detail}` : ""}
        {known?.errors.map((e) => <Fragment key={e.field + e.reason}> {e.field}: {e.reason}.</Fragment>)}
      </span>
      {retry && (
        <Button size="compact-sm" variant="default" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

export function Note({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <div className={`${css.note} tone-${tone}`}>
      <Glyph tone={tone} />
      <span>{children}</span>
    </div>
  );
}

/** Text to take away. On plain http the browser may refuse to copy; a click selects it all. */
export function Copyable({ value, label, testid }: { value: string; label: string; testid?: string }) {
  return (
    <div className={css.copy}>
      <code data-testid={testid}>{value}</code>
      <CopyButton value={value} timeout={2000}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? "Copied" : `Copy ${label}`}>
            <ActionIcon variant="subtle" color={copied ? "teal" : "gray"} onClick={copy} aria-label={`Copy ${label}`}>
              <Icon name={copied ? "check" : "copy"} />
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </div>
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

/** A table that becomes a list of cards on a phone. */
export function Table({ heads, children, label }: { heads: ([string] | [string, "right"])[]; children: ReactNode; label: string }) {
  return (
    <div className={css.tableWrap}>
      <table className={`${css.table} ${css.stack}`} aria-label={label}>
        <thead>
          <tr>
            {heads.map(([head, right], i) => (
              <th key={head || i} scope="col" data-right={right}>
                {head || <span className="visually-hidden">Actions</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

export function More({ busy, onClick }: { busy: boolean; onClick: () => void }) {
  return (
    <div className={css.more}>
      <Button variant="subtle" color="gray" size="compact-sm" loading={busy} onClick={onClick}>
        Show more
      </Button>
    </div>
  );
}
