import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { FirmwareUpdate, Station } from "@stationmaster/api";
import { Ago, At, Badge, Glyph, More, Problem, Waiting, type Shape } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import { useList } from "../../lists";
import { updatesQuery } from "../../queries";
import { Only } from "../../user";
import parts from "./Parts.module.css";
import { FormButton, Section } from "./Section";
import { UpdateFields } from "./UpdateFields";
import { steps, updateWords, type StepState } from "./upkeepWords";
import { useCommand } from "./useCommand";

/** What the charger runs, and its updates from the question to the boot that proves them. */
export function Updates({ station }: { station: Station }) {
  const commander = useCommand(station.id);
  const list = useList<FirmwareUpdate>(updatesQuery(station.id));
  const buttons = (
    <>
      <Link to="/firmware" className="small">
        <Trans>Firmware files</Trans>
      </Link>
      <Only may="deploy_firmware">
        <FormButton station={station} commander={commander} title={t`Update the firmware`} fields={UpdateFields} testid="update-firmware">
          <Trans>Update the firmware…</Trans>
        </FormButton>
      </Only>
    </>
  );
  const about = (
    <p className="small hostile">
      {station.firmware ? (
        <Trans>
          The charger runs <strong>{station.firmware}</strong>.
        </Trans>
      ) : (
        <Trans>The charger has not said which firmware it runs.</Trans>
      )}
    </p>
  );
  return (
    <Section
      station={station} commander={commander} title={t`Firmware`} buttons={buttons} about={about}
      may="deploy_firmware" testid="updates" outcome="update-outcome"
    >
      <Problem error={list.error} retry={list.retry} />
      {list.isPending && <Waiting />}
      {!list.isPending && !list.error && list.rows.length === 0 && (
        <p className="dim small">
          <Trans>It has not been updated from here yet.</Trans>
        </p>
      )}
      {list.rows.length > 0 && (
        <ul className={parts.lines}>
          {list.rows.map((each, index) => (
            <Update key={each.id} update={each} full={index === 0 || each.finished_at === null} />
          ))}
        </ul>
      )}
      {list.pages.hasMore && <More busy={list.pages.busy} onClick={list.pages.load} />}
    </Section>
  );
}

/** One update; the newest one, and those under way, with their steps. */
function Update({ update, full }: { update: FirmwareUpdate; full: boolean }) {
  const { word, tone } = updateWords(update.state);
  return (
    <li>
      <div className={parts.row}>
        <strong className="hostile">
          {update.from_version ? (
            <Trans>
              {update.from_version} to {update.to_version}
            </Trans>
          ) : (
            update.to_version
          )}
        </strong>
        <Badge tone={tone}>{word}</Badge>
        <span className={`${parts.push} dim small`}>
          <Ago at={update.asked_at} />
        </span>
      </div>
      <div className="hostile">
        {update.sentence} {update.status && <span className="dim small mono">{update.status}</span>}
      </div>
      {full ? (
        <ol className={parts.steps} aria-label={t`Steps`}>
          {steps(update).map((step) => (
            <li key={step.name} data-state={step.state}>
              <span className={parts.step}>
                <Glyph tone={GLYPHS[step.state]} size={13} />
                {step.name}
                <span className="visually-hidden">{stepWord(step.state)}</span>
              </span>
              {step.at && (
                <span className="dim">
                  <At at={step.at} />
                </span>
              )}
            </li>
          ))}
        </ol>
      ) : (
        <div className="dim small">
          <Trans>
            asked <At at={update.asked_at} />, ended <At at={update.finished_at} />
          </Trans>
        </div>
      )}
    </li>
  );
}

const GLYPHS: Record<StepState, Shape> = { done: "good", now: "busy", failed: "faulted", ahead: "offline" };

function stepWord(state: StepState): string {
  const words: Record<StepState, string> = { done: t`done`, now: t`under way`, failed: t`ended here`, ahead: t`still to come` };
  return words[state];
}
