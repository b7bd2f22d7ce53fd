import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select } from "@mantine/core";
import type { Station } from "@stationmaster/api";
import { limit, LineChart, local, type Line } from "@stationmaster/ui";
import { useMemo, useState } from "react";
import { connectorName } from "../../words";
import css from "./Charger.module.css";
import { connectorChoices } from "./CommandForm";
import { compositeOf, compositePoints, differing, limitWords, setHerePoints, stretchWords, type Composite as Schedule } from "./limits";
import { Outcome } from "./Outcome";
import parts from "./Parts.module.css";
import { useCommand, usePossible } from "./useCommand";

const HOUR_S = 3600;

/** Which limit holds in the end over the coming hours, out of all the charger heeds: as it answers, with a picture. */
export function Composite({ station }: { station: Station }) {
  const commander = useCommand(station.id);
  const possible = usePossible(station);
  const [evse, setEvse] = useState("0");
  const [hours, setHours] = useState("24");
  const schedule = compositeOf(commander.data?.data);
  return (
    <section className={`${css.panel} card`} aria-label={t`What holds in the end`}>
      <h2>
        <Trans>What holds in the end</Trans>
      </h2>
      <p className="dim small">
        <Trans>The charger works out what comes of all its limits together. It can be asked.</Trans>
      </p>
      <div className={parts.ask}>
        <Select
          label={t`Where`}
          data={[{ value: "0", label: connectorName(0) }, ...connectorChoices(station).map(({ value }) => ({ value, label: connectorName(Number(value)) }))]}
          allowDeselect={false}
          value={evse}
          onChange={(value) => { setEvse(value ?? "0"); }}
        />
        <Select
          label={t`For the coming`}
          data={[
            { value: "1", label: t`1 hour` },
            { value: "24", label: t`24 hours` },
            { value: "168", label: t`7 days` },
          ]}
          allowDeselect={false}
          value={hours}
          onChange={(value) => { setHours(value ?? "24"); }}
        />
        <Button
          variant="default"
          disabled={!possible}
          loading={commander.isPending}
          onClick={() => {
            commander.mutate({ name: "get-composite-schedule", body: { evse: Number(evse), duration_s: Number(hours) * HOUR_S } });
          }}
          data-testid="composite-ask"
        >
          <Trans>Ask the charger</Trans>
        </Button>
      </div>
      <Outcome commander={commander} testid="composite-outcome" />
      {schedule && commander.data && <Picture schedule={schedule} answered={commander.data.answered_at} />}
    </section>
  );
}

function Picture({ schedule, answered }: { schedule: Schedule; answered: string | null }) {
  const lines = useMemo((): Line[] => {
    const words = (value: number) => limit(value, schedule.unit);
    const points = compositePoints(schedule, answered ? Date.parse(answered) : 0);
    const here = setHerePoints(schedule);
    const told: Line = { name: t`The charger says`, unit: schedule.unit, tone: "charging", points, steps: true, words };
    return here.length ? [told, { name: t`Set here`, unit: schedule.unit, tone: "reserved", points: here, steps: true, words }] : [told];
  }, [schedule, answered]);
  const others = differing(schedule);
  return (
    <>
      <LineChart lines={lines} label={t`The limit over the coming time: ${limitWords(schedule)}`} height={180} />
      {others.length > 0 && (
        <ul className={parts.differences} data-testid="composite-differences">
          {others.map((each) => (
            <li key={each.starts_at}>
              <span className="dim num">
                {local(each.starts_at)} – {local(each.ends_at)}
              </span>{" "}
              {stretchWords(each)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
