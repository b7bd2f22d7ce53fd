import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { SegmentedControl } from "@mantine/core";
import type { FiguresRow } from "@stationmaster/api";
import { number, PageHead } from "@stationmaster/ui";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Asking, useAsked } from "../../figures/Asking";
import css from "../../figures/Figures.module.css";
import { HeatMap } from "../../figures/HeatMap";
import { OverTime, type Step } from "../../figures/OverTime";
import { figuresQuery } from "../../figures/queries";
import { Tiles } from "../../figures/Tiles";
import { each, energySum, hours, revenueSum, share } from "../../figures/words";
import { useChosen } from "../../lists";
import { useFocus } from "../../live/useFocus";
import { Found, Part } from "./Part";
import { Places } from "./Places";
import { AvailabilityPart, FaultsPart, StartsPart } from "./Reliability";

const STEPS = ["day", "week", "month"] as const;

export function isStep(value: unknown): value is Step {
  return STEPS.some((each) => each === value);
}

/** How charging goes: what it brings, when, where, and how well it works. */
export function AnalyticsPage() {
  useFocus(null);
  const { asked } = useAsked();
  return (
    <>
      <PageHead title={t`Analytics`}>
        <Asking />
      </PageHead>
      <div className={css.page}>
        <Sums />
        <Hours />
        {asked.station === undefined && <Places />}
        <StartsPart />
        <AvailabilityPart />
        <FaultsPart />
      </div>
    </>
  );
}

function Sums() {
  const { asked } = useAsked();
  const [chosen, choose] = useChosen("by");
  const by = isStep(chosen) ? chosen : "day";
  const found = useQuery({ ...figuresQuery(by, asked), placeholderData: keepPreviousData });
  const words = { day: t`By day`, week: t`By week`, month: t`By month` };
  return (
    <Part
      id="over-time"
      title={t`What charging brings`}
      aside={
        <SegmentedControl
          size="xs"
          aria-label={t`A bar is for`}
          data={STEPS.map((value) => ({ value, label: words[value] }))}
          value={by}
          onChange={(value) => { choose(value === "day" ? null : value); }}
        />
      }
    >
      <Found of={found}>
        {(data) => (
          <>
            <Totals total={data.total} />
            <OverTime rows={data.rows} by={by} />
          </>
        )}
      </Found>
    </Part>
  );
}

function Totals({ total }: { total: FiguresRow }) {
  const plain = (words: string) => (className: string) => <span className={className}>{words}</span>;
  const idle = total.plugged_s === 0 ? null : (total.idle_s / total.plugged_s) * 100;
  return (
    <Tiles
      label={t`Sums of the period`}
      tiles={[
        { name: t`Energy`, value: plain(energySum(total.energy_wh)), about: total.sessions > 0 && t`${energySum(total.energy_wh / total.sessions)} a session` },
        { name: t`Sessions`, value: plain(number(total.sessions)), testid: "analytics-sessions" },
        { name: t`Revenue`, value: plain(revenueSum(total.revenue)), about: t`with tax` },
        { name: t`Utilisation`, value: plain(share(total.utilisation_percent)), about: t`of the time a car was there` },
        { name: t`Stay`, value: plain(each(total.plugged_s, total.sessions)), about: t`a session, on average` },
        { name: t`Idle`, value: plain(share(idle)), about: t`of the stay, ${hours(total.idle_s)} in all` },
        { name: t`CO₂ saved`, value: plain(number(total.co2_saved_kg, "kg")), about: t`against driving with petrol` },
      ]}
    />
  );
}

type Heat = "sessions" | "energy" | "plugged";

function Hours() {
  const { asked } = useAsked();
  const [measure, setMeasure] = useState<Heat>("sessions");
  const found = useQuery({ ...figuresQuery("hour_of_week", asked), placeholderData: keepPreviousData });
  const shown: Record<Heat, { label: string; value: (row: FiguresRow) => number; words: (value: number) => string }> = {
    sessions: { label: t`Starts`, value: (row) => row.sessions, words: (value) => number(value) },
    energy: { label: t`Energy`, value: (row) => row.energy_wh, words: energySum },
    plugged: { label: t`Time plugged in`, value: (row) => row.plugged_s, words: hours },
  };
  return (
    <Part
      id="hours"
      title={t`Hours of the week`}
      about={t`By the clock of each site, for whole months.`}
      aside={
        <SegmentedControl
          size="xs"
          aria-label={t`What the colour shows`}
          data={(Object.keys(shown) as Heat[]).map((value) => ({ value, label: shown[value].label }))}
          value={measure}
          onChange={(value) => { setMeasure(value as Heat); }}
        />
      }
    >
      <div className={`${css.chart} card`}>
        <Found of={found}>
          {(data) => <HeatMap rows={data.rows} {...shown[measure]} label={t`${shown[measure].label} by weekday and hour`} />}
        </Found>
        <p className="dim small">
          <Trans>The stronger the colour, the more there was.</Trans>
        </p>
      </div>
    </Part>
  );
}
