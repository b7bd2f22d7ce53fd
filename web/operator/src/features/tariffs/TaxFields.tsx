import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, TextInput } from "@mantine/core";
import type { DraftTax } from "./draft";
import css from "./Tariff.module.css";

interface Props {
  taxes: DraftTax[];
  /** Where they stand, as errors name it. */
  place: string;
  errors: Record<string, string>;
  onChange: (taxes: DraftTax[]) => void;
}

/** Taxes by name and rate; several are each due on the same amount. */
export function TaxFields({ taxes, place, errors, onChange }: Props) {
  const change = (index: number, to: Partial<DraftTax>) => { onChange(taxes.map((each, at) => (at === index ? { ...each, ...to } : each))); };
  return (
    <div className={css.taxes}>
      {taxes.map((tax, index) => (
        <div key={index} className={css.tax}>
          <TextInput
            aria-label={t`Name of the tax`} placeholder={t`VAT`} value={tax.name} error={errors[`${place}.${index}.name`]}
            onChange={(e) => { change(index, { name: e.currentTarget.value }); }}
          />
          <TextInput
            aria-label={t`Rate of the tax`} rightSection="%" inputMode="decimal" value={tax.percent} error={errors[`${place}.${index}.percent`]}
            onChange={(e) => { change(index, { percent: e.currentTarget.value }); }}
          />
          <Button variant="subtle" color="gray" size="sm" onClick={() => { onChange(taxes.filter((_, at) => at !== index)); }}>
            <Trans>Remove</Trans>
          </Button>
        </div>
      ))}
      <div>
        <Button variant="default" size="compact-sm" onClick={() => { onChange([...taxes, { name: taxes.length === 0 ? t`VAT` : "", percent: "" }]); }}>
          {taxes.length === 0 ? <Trans>Add a tax</Trans> : <Trans>Add another tax</Trans>}
        </Button>
      </div>
    </div>
  );
}
