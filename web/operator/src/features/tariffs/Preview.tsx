import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { SegmentedControl, Select, TextInput } from "@mantine/core";
import type { Structure, TariffPreview } from "@stationmaster/api";
import { Note, Pair } from "@stationmaster/ui";
import { useState } from "react";
import { Bill } from "../../money/Bill";
import { dayWord } from "../sites/words";
import { DAYS } from "../sites/hours";
import { DIMENSIONS } from "./draft";
import type { Dimension } from "./structures";
import { componentWord, whenWords } from "./elementWords";
import { isKwh, isMinutes, type Example } from "./usePreview";
import css from "./Tariff.module.css";
import { ElementNumber, Week } from "./Week";
import { pricedDimensions } from "./weekPicture";

function dimensionWord(dimension: Dimension): string {
  const words: Record<Dimension, string> = { energy: t`Energy`, time: t`Charging`, parking_time: t`Standing`, flat: t`Fee` };
  return words[dimension];
}

/** The week as a picture, for one of the dimensions that have a price, and the times that nothing prices. */
export function WeekPicture({ preview }: { preview: TariffPreview }) {
  const [chosen, choose] = useState<Dimension>("energy");
  const dimensions = pricedDimensions(preview.week, DIMENSIONS);
  const dimension = dimensions.includes(chosen) ? chosen : dimensions[0];
  return (
    <div className={css.part}>
      {dimensions.length > 1 && (
        <SegmentedControl
          size="xs"
          fullWidth
          aria-label={t`What is priced`}
          data={dimensions.map((value) => ({ value, label: dimensionWord(value) }))}
          value={dimension}
          onChange={(value) => { choose(value as Dimension); }}
        />
      )}
      {dimension && <Week pieces={preview.week} dimension={dimension} />}
      {preview.unpriced.length > 0 && (
        <Note tone="busy">
          <Trans>Nothing is priced at these times, so charging is free then: {preview.unpriced.join(", ")}</Trans>
        </Note>
      )}
    </div>
  );
}

/** Each element in words, with its number in the picture. */
export function ElementList({ structure, currency }: { structure: Structure; currency: string }) {
  return (
    <ol className={css.elements}>
      {structure.elements.map(({ price_components: components, restrictions }, index) => (
        <li key={index}>
          <ElementNumber element={index} />
          <div>
            <b>{whenWords(restrictions ?? {})}</b>
            {components.map((one) => (
              <span key={one.type} className="num">{componentWord(one, currency)}</span>
            ))}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** A session that one makes up, and its bill. */
export function ExampleBill({ preview, example, onExample }: { preview: TariffPreview | undefined; example: Example; onExample: (next: Example) => void }) {
  const set = (change: Partial<Example>) => { onExample({ ...example, ...change }); };
  const minutes = t`Whole minutes, two weeks at the most`;
  return (
    <div className={css.part}>
      <Pair>
        <Select
          label={t`Begins on`} size="sm" allowDeselect={false} data={DAYS.map((day) => ({ value: day, label: dayWord(day) }))} value={example.day}
          onChange={(day) => { set({ day: day as Example["day"] }); }}
        />
        <TextInput label={t`At`} type="time" value={example.clock} onChange={(e) => { set({ clock: e.currentTarget.value }); }} />
      </Pair>
      <div className={css.three}>
        <TextInput
          label={t`Energy`} rightSection="kWh" rightSectionWidth={48} inputMode="decimal" value={example.kwh} data-testid="example-kwh"
          error={!isKwh(example.kwh) && t`A number up to 10,000`} onChange={(e) => { set({ kwh: e.currentTarget.value }); }}
        />
        <TextInput
          label={t`Charges for`} rightSection="min" rightSectionWidth={44} inputMode="numeric" value={example.charging}
          error={!isMinutes(example.charging, 1) && minutes} onChange={(e) => { set({ charging: e.currentTarget.value }); }}
        />
        <TextInput
          label={t`Then stands`} rightSection="min" rightSectionWidth={44} inputMode="numeric" value={example.parked}
          error={!isMinutes(example.parked, 0) && minutes} onChange={(e) => { set({ parked: e.currentTarget.value }); }}
        />
      </div>
      {preview?.price && <Bill bill={preview.price} zone={Intl.DateTimeFormat().resolvedOptions().timeZone} label={t`Bill of the example`} />}
    </div>
  );
}
