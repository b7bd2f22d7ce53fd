import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { SessionChange } from "@stationmaster/api";
import { Ago, kwh, local } from "@stationmaster/ui";
import css from "./Sessions.module.css";

/** Who changed this session, when and why; the old figures beside the new. */
export function Changes({ changes }: { changes: SessionChange[] }) {
  if (changes.length === 0) return null;
  return (
    <section className={`${css.panel} card`} aria-label={t`Changes by people`}>
      <h2>
        <Trans>Changes by people</Trans>
      </h2>
      <ul className={css.changes}>
        {changes.map((change) => (
          <li key={`${change.at} ${change.kind}`}>
            <strong>{kindWord(change.kind)}</strong>{" "}
            <span className="dim small">
              {change.by} · <Ago at={change.at} />
              {change.undone_at && (
                <>
                  {" · "}
                  <Trans>undone</Trans>
                </>
              )}
            </span>
            <p className="hostile">{change.note}</p>
            {Object.keys(change.after).map((field) => (
              <div key={field} className="small dim num">
                {fieldWord(field)}: {valueWord(field, change.before[field])} → {valueWord(field, change.after[field])}
              </div>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}

function kindWord(kind: string): string {
  const words: Record<string, string> = {
    ended: t`Ended`,
    end: t`Ended`,
    corrected: t`Corrected`,
    correct: t`Corrected`,
    excluded: t`Left out`,
    exclude: t`Left out`,
    restored: t`Counted again`,
    restore: t`Counted again`,
    undone: t`Undone`,
    undo: t`Undone`,
  };
  return words[kind] ?? kind.replaceAll("_", " ");
}

function fieldWord(field: string): string {
  const words: Record<string, string> = {
    energy_wh: t`Energy`,
    meter_start_wh: t`Meter at start`,
    meter_stop_wh: t`Meter at end`,
    started_at: t`Started`,
    stopped_at: t`Stopped`,
    status: t`State`,
    stop_reason: t`Why it ended`,
    flags: t`Remarks`,
    excluded: t`Left out`,
  };
  return words[field] ?? field.replaceAll("_", " ");
}

function valueWord(field: string, value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (field.endsWith("_wh")) return kwh(Number(value));
  if (field.endsWith("_at") && typeof value === "string") return local(value);
  if (typeof value === "boolean") return value ? t`yes` : t`no`;
  return Array.isArray(value) ? value.join(", ") || "–" : String(value);
}
