import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select } from "@mantine/core";
import { Icon } from "@stationmaster/ui";
import { useMemo } from "react";
import { useChosen } from "../lists";
import { SiteSelect } from "../features/sites/SiteSelect";
import { texts } from "../search";
import css from "./Figures.module.css";
import { daysOf, isPeriod, PERIODS, periodWord, USUAL, type Period } from "./period";
import type { Asked } from "./queries";

export interface FiguresSearch {
  site?: string | undefined;
  station?: string | undefined;
  period?: Period | undefined;
}

/** What the address of a page of figures may say. */
export function figuresSearch(search: Record<string, unknown>): FiguresSearch {
  return { ...texts(search, "site", "station"), ...(isPeriod(search.period) && { period: search.period }) };
}

/** What the page shows, from its address. */
export function useAsked(): { asked: Required<Pick<Asked, "from" | "to">> & Asked; period: Period } {
  const [site] = useChosen("site");
  const [station] = useChosen("station");
  const [chosen] = useChosen("period");
  const period = isPeriod(chosen) ? chosen : USUAL;
  const today = new Date().toDateString();
  return useMemo(() => ({ asked: { site, station, ...daysOf(period, new Date(today)) }, period }), [site, station, period, today]);
}

/** Fields that choose it. */
export function Asking() {
  const [site, chooseSite] = useChosen("site");
  const [station, chooseStation] = useChosen("station");
  const [period, choosePeriod] = useChosen("period");
  return (
    <div className={css.asking}>
      {station !== undefined && (
        <Button variant="default" rightSection={<Icon name="close" size={14} />} onClick={() => { chooseStation(null); }} title={t`Show all chargers`}>
          <span className="hostile">
            <Trans>Charger {station}</Trans>
          </span>
        </Button>
      )}
      <SiteSelect aria-label={t`Site`} placeholder={t`All sites`} value={site ?? null} onChange={chooseSite} />
      <Select
        aria-label={t`Period`}
        data={PERIODS.map((value) => ({ value, label: periodWord(value) }))}
        value={isPeriod(period) ? period : USUAL}
        onChange={(value) => { choosePeriod(value === USUAL ? null : value); }}
        allowDeselect={false}
      />
    </div>
  );
}
