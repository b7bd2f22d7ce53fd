import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Checkbox, Chip, Group, Select, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Pair } from "@stationmaster/ui";
import { DIMENSIONS, isTime, restrictionsFrom, type DraftElement, type DraftPrice, type DraftTax, type When } from "./draft";
import { DAYS } from "../sites/hours";
import { shortDay, whenWords } from "./elementWords";
import type { Dimension } from "./structures";
import css from "./Tariff.module.css";
import { TaxFields } from "./TaxFields";
import { ElementNumber } from "./Week";

interface Props {
  index: number;
  element: DraftElement;
  currency: string;
  errors: Record<string, string>;
  /** The taxes of prices that have none of their own. */
  common: DraftTax[];
  onChange: (next: DraftElement) => void;
  onUp?: () => void;
  onDown?: () => void;
  onRemove?: () => void;
}

/** One element: when it holds, and what it then costs. */
export function ElementFields({ index, element, currency, errors, common, onChange, onUp, onDown, onRemove }: Props) {
  const { when, prices } = element;
  const set = (change: Partial<When>) => { onChange({ ...element, when: { ...when, ...change } }); };
  const setPrice = (type: Dimension, change: Partial<DraftPrice>) => {
    onChange({ ...element, prices: prices.map((each) => (each.type === type ? { ...each, ...change } : each)) });
  };
  const place = `elements.${index}`;
  const number = index + 1;
  const detailed = SELDOM.some((name) => when[name] !== "") || prices.some((one) => one.step_size.trim() !== "1" || one.max_price !== "" || one.taxes !== null);
  const [more, { toggle }] = useDisclosure(detailed);
  return (
    <section className={css.element} aria-label={t`Prices ${number}`} data-testid={`element-${index}`}>
      <header>
        <ElementNumber element={index} />
        <b>{whenWords(restrictionsFrom(when))}</b>
        {onUp && <Small run={onUp} label={t`Move prices ${number} up`}>{t`Up`}</Small>}
        {onDown && <Small run={onDown} label={t`Move prices ${number} down`}>{t`Down`}</Small>}
        {onRemove && <Small run={onRemove} label={t`Remove prices ${number}`}>{t`Remove`}</Small>}
      </header>
      <Chip.Group multiple value={when.day_of_week} onChange={(days) => { set({ day_of_week: DAYS.filter((day) => (days as string[]).includes(day)) }); }}>
        <Group gap={6} role="group" aria-label={t`Days`}>
          {DAYS.map((day) => (
            <Chip key={day} value={day} size="xs" radius="sm">{shortDay(day)}</Chip>
          ))}
        </Group>
      </Chip.Group>
      <Pair>
        <TextInput label={t`From`} type="time" value={when.start_time} error={errors[`${place}.when.start_time`]} onChange={(e) => { set({ start_time: e.currentTarget.value }); }} />
        <TextInput label={t`Until`} type="time" value={when.end_time} error={errors[`${place}.when.end_time`]} onChange={(e) => { set({ end_time: e.currentTarget.value }); }} />
      </Pair>
      <div className={css.prices}>
        {DIMENSIONS.map((type) => {
          const one = prices.find((each) => each.type === type);
          return one && <PriceField key={type} one={one} place={`${place}.${type}`} currency={currency} errors={errors} onChange={(change) => { setPrice(type, change); }} />;
        })}
      </div>
      {errors[`${place}.price_components`] && <Text c="red" size="xs">{errors[`${place}.price_components`]}</Text>}
      <div>
        <Button variant="subtle" size="compact-sm" onClick={toggle} aria-expanded={more}>
          {more ? <Trans>Less</Trans> : <Trans>More conditions, steps and limits</Trans>}
        </Button>
      </div>
      {more && (
        <>
          <Conditions when={when} place={`${place}.when`} errors={errors} set={set} />
          {prices.filter((one) => one.price.trim()).map((one) => (
            <PriceDetails key={one.type} one={one} place={`${place}.${one.type}`} currency={currency} errors={errors} common={common} onChange={(change) => { setPrice(one.type, change); }} />
          ))}
        </>
      )}
    </section>
  );
}

const SELDOM = ["start_date", "end_date", "public_holiday", "min_kwh", "max_kwh", "min_power", "max_power", "min_duration", "max_duration", "reservation"] as const;

function Small({ run, label, children }: { run: () => void; label: string; children: string }) {
  return (
    <Button variant="subtle" color="gray" size="compact-xs" onClick={run} aria-label={label}>
      {children}
    </Button>
  );
}

function priceLabel(type: Dimension): string {
  const words: Record<Dimension, string> = {
    energy: t`For each kWh`, time: t`For charging time`, parking_time: t`For standing without charging`, flat: t`Once for a session`,
  };
  return words[type];
}

interface OfPrice {
  one: DraftPrice;
  place: string;
  currency: string;
  errors: Record<string, string>;
  onChange: (change: Partial<DraftPrice>) => void;
}

function PriceField({ one, place, currency, errors, onChange }: OfPrice) {
  const label = priceLabel(one.type);
  const per = isTime(one.type) && (
    <Select
      aria-label={t`${label}: per`} variant="unstyled" size="xs" allowDeselect={false} w={86} styles={{ input: { paddingInlineStart: 0 } }} comboboxProps={{ width: 110 }}
      data={[{ value: "minute", label: t`a minute` }, { value: "hour", label: t`an hour` }]} value={one.per}
      onChange={(next) => { onChange({ per: next === "hour" ? "hour" : "minute" }); }}
    />
  );
  return (
    <TextInput
      label={label} leftSection={<span className="small dim">{currency}</span>} leftSectionWidth={50} inputMode="decimal" autoComplete="off"
      value={one.price} error={errors[`${place}.price`]} data-testid={place.replaceAll(".", "-")}
      onChange={(e) => { onChange({ price: e.currentTarget.value }); }}
      {...(per && { rightSection: per, rightSectionWidth: 92 })}
    />
  );
}

/** What few prices have: a step, a maximum, taxes of its own. */
function PriceDetails({ one, place, currency, errors, common, onChange }: OfPrice & { common: DraftTax[] }) {
  const step = one.type === "energy" ? t`Wh` : t`s`;
  return (
    <>
      <Text size="sm" fw={600}>{priceLabel(one.type)}</Text>
      <Pair>
        {one.type !== "flat" && (
          <TextInput
            label={t`Rounded up to steps of`} rightSection={step} rightSectionWidth={40} inputMode="numeric" value={one.step_size} error={errors[`${place}.step_size`]}
            onChange={(e) => { onChange({ step_size: e.currentTarget.value }); }}
          />
        )}
        <TextInput
          label={t`At most in a session`} rightSection={currency} rightSectionWidth={52} inputMode="decimal" value={one.max_price} error={errors[`${place}.max_price`]}
          onChange={(e) => { onChange({ max_price: e.currentTarget.value }); }}
        />
      </Pair>
      <Checkbox
        label={t`Other taxes than the rest`} checked={one.taxes !== null}
        onChange={(e) => { onChange({ taxes: e.currentTarget.checked ? common.map((tax) => ({ ...tax })) : null }); }}
      />
      {one.taxes && <TaxFields taxes={one.taxes} place={`${place}.taxes`} errors={errors} onChange={(taxes) => { onChange({ taxes }); }} />}
    </>
  );
}

/** Under which conditions an element holds beside days and times. */
function Conditions({ when, place, errors, set }: { when: When; place: string; errors: Record<string, string>; set: (change: Partial<When>) => void }) {
  const field = (name: Exclude<keyof When, "day_of_week" | "public_holiday" | "reservation">, unit?: string) => ({
    value: when[name],
    error: errors[`${place}.${name}`],
    onChange: (e: React.ChangeEvent<HTMLInputElement>) => { set({ [name]: e.currentTarget.value }); },
    ...(unit && { rightSection: unit, rightSectionWidth: 48, inputMode: "decimal" as const }),
  });
  return (
    <>
      <Pair>
        <TextInput label={t`From the date`} type="date" {...field("start_date")} />
        <TextInput label={t`Until before`} type="date" {...field("end_date")} />
      </Pair>
      <Pair>
        <TextInput label={t`From an energy of`} {...field("min_kwh", "kWh")} />
        <TextInput label={t`Below an energy of`} {...field("max_kwh", "kWh")} />
      </Pair>
      <Pair>
        <TextInput label={t`From a power of`} {...field("min_power", "kW")} />
        <TextInput label={t`Below a power of`} {...field("max_power", "kW")} />
      </Pair>
      <Pair>
        <TextInput label={t`After the first`} {...field("min_duration", "min")} />
        <TextInput label={t`Only in the first`} {...field("max_duration", "min")} />
      </Pair>
      <Pair>
        <Select
          label={t`Public holidays`} allowDeselect={false} value={when.public_holiday} error={errors[`${place}.public_holiday`]}
          data={[{ value: "", label: t`On any day` }, { value: "yes", label: t`On public holidays only` }, { value: "no", label: t`Never on public holidays` }]}
          onChange={(next) => { set({ public_holiday: next === "yes" || next === "no" ? next : "" }); }}
        />
        <Select
          label={t`What it prices`} allowDeselect={false} value={when.reservation} error={errors[`${place}.reservation`]}
          data={[{ value: "", label: t`A session` }, { value: "reservation", label: t`A reservation` }, { value: "reservation_expires", label: t`A reservation that nobody came for` }]}
          onChange={(next) => { set({ reservation: next === "reservation" || next === "reservation_expires" ? next : "" }); }}
        />
      </Pair>
    </>
  );
}
