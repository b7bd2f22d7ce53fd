import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Checkbox, Select, Text, Textarea, TextInput } from "@mantine/core";
import { answered, client, ifMatch, tagged, type Tagged, type Tariff } from "@stationmaster/api";
import { Form, FormPart, Icon, notify, Pair, useSentForm } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import * as v from "valibot";
import { refresh } from "../../managed/resource";
import { draftOf, draftProblems, newElement, placeOf, structureFrom, type Draft, type DraftElement } from "./draft";
import { ElementFields } from "./ElementFields";
import { LastMonth } from "./LastMonth";
import { ExampleBill, WeekPicture } from "./Preview";
import { tariffs } from "./resource";
import { structureOf } from "./structures";
import css from "./Tariff.module.css";
import { TaxFields } from "./TaxFields";
import { useExample, usePreview } from "./usePreview";

/** The prices of a tariff by time and use: what is typed, and beside it what comes of it. */
export function PricesForm({ one, onDone }: { one: Tagged<Tariff>; onDone: () => void }) {
  const queries = useQueryClient();
  const seen = useRef(one);
  const { currency } = one.value;
  const [first] = useState(() => draftOf(structureOf(one.value)));
  const form = useSentForm({
    initial: { draft: first },
    schema: v.object({ draft: v.custom<Draft>(() => true) }),
    theirs: async () => {
      seen.current = await tagged(tariffs.get(one.value.id));
      return { draft: draftOf(structureOf(seen.current.value)) };
    },
    submit: async ({ draft: typed }) => {
      if (Object.keys(draftProblems(typed)).length > 0) throw new Error(t`Please look at the fields that are marked.`);
      const none = { price_per_kwh: null, price_per_minute: null, price_per_session: null, tax_percent: "0" };
      const params = { path: { tariff_id: one.value.id }, header: ifMatch(seen.current.tag) };
      await answered(client.PATCH("/api/v1/tariffs/{tariff_id}", { params, body: { ...none, structure: structureFrom(typed) } }));
      await refresh(queries, tariffs);
      notify.done(t`Saved`);
      onDone();
    },
  });
  const { draft } = form.fields.values;
  const set = (change: Partial<Draft>) => { form.fields.setFieldValue("draft", { ...draft, ...change }); };
  const setElement = (index: number, element: DraftElement) => { set({ elements: draft.elements.map((each, place) => (place === index ? element : each)) }); };
  const move = (index: number, by: number) => {
    const elements = [...draft.elements];
    elements.splice(index + by, 0, ...elements.splice(index, 1));
    set({ elements });
  };

  const local = useMemo(() => draftProblems(draft), [draft]);
  const structure = Object.keys(local).length === 0 ? structureFrom(draft) : null;
  const [example, setExample] = useExample();
  const { data: preview } = usePreview(structure, currency, example);
  const errors = useMemo(() => {
    const told = (preview?.problems ?? []).map(({ field, reason }) => [placeOf(field, draft), reason.charAt(0).toUpperCase() + reason.slice(1)]);
    return { ...(Object.fromEntries(told) as Record<string, string>), ...local };
  }, [preview, draft, local]);
  const shown = useLastWhole(preview);
  const number = (name: "grace_minutes" | "idle_below_w" | "bill_from_wh") => ({
    value: draft[name], error: errors[name], inputMode: "numeric" as const,
    onChange: (e: React.ChangeEvent<HTMLInputElement>) => { set({ [name]: e.currentTarget.value }); },
  });

  return (
    <Form form={form} action={t`Save these prices`} testid="prices-submit">
      <div className={css.builder}>
        <div className={css.fields}>
          <Text size="sm" c="dimmed">
            <Trans>Of each kind of price the first one in this list that fits holds. What has no price is free.</Trans>
          </Text>
          {draft.elements.map((element, index) => (
            <ElementFields
              key={element.key} index={index} element={element} currency={currency} errors={errors} common={draft.taxes}
              onChange={(next) => { setElement(index, next); }}
              {...(index > 0 && { onUp: () => { move(index, -1); } })}
              {...(index < draft.elements.length - 1 && { onDown: () => { move(index, 1); } })}
              {...(draft.elements.length > 1 && { onRemove: () => { set({ elements: draft.elements.filter((each) => each !== element) }); } })}
            />
          ))}
          <div>
            <Button
              variant="default" size="sm" leftSection={<Icon name="plus" size={16} />} data-testid="add-element"
              onClick={() => { set({ elements: [newElement(), ...draft.elements] }); }}
            >
              <Trans>Add prices for other times</Trans>
            </Button>
          </div>
          <FormPart title={t`Tax`}>
            <TaxFields taxes={draft.taxes} place="taxes" errors={errors} onChange={(taxes) => { set({ taxes }); }} />
            <Checkbox label={t`The prices are with tax`} checked={draft.tax_included} onChange={(e) => { set({ tax_included: e.currentTarget.checked }); }} />
          </FormPart>
          <FormPart title={t`A whole session`}>
            <Limits draft={draft} set={set} currency={currency} errors={errors} />
            <Pair>
              <TextInput label={t`Standing is free for the first`} rightSection="min" rightSectionWidth={48} {...number("grace_minutes")} />
              <TextInput label={t`A car stands when it takes less than`} rightSection="W" {...number("idle_below_w")} />
            </Pair>
            <Pair>
              <TextInput label={t`Nothing is charged below`} rightSection={t`Wh`} rightSectionWidth={44} {...number("bill_from_wh")} />
              <TextInput
                label={t`Public holidays of`} placeholder={t`DE, DE-BY, US-CA`} value={draft.holidays} error={errors.holidays}
                onChange={(e) => { set({ holidays: e.currentTarget.value }); }}
              />
            </Pair>
          </FormPart>
          <Texts draft={draft} set={set} errors={errors} />
        </div>
        <div className={css.beside}>
          {shown && (
            <section>
              <h3>
                <Trans>In a week</Trans>
              </h3>
              <WeekPicture preview={shown} />
            </section>
          )}
          <section>
            <h3>
              <Trans>An example</Trans>
            </h3>
            <ExampleBill preview={shown} example={example} onExample={setExample} />
            <LastMonth asked={structure && { draft: { currency, structure } }} />
          </section>
        </div>
      </div>
      {errors.elements && <Text c="red" size="sm">{errors.elements}</Text>}
    </Form>
  );
}

/** While a field is wrong, the picture of before stays. */
function useLastWhole<T extends { problems: unknown[] }>(preview: T | undefined): T | undefined {
  const [last, setLast] = useState<T>();
  if (preview && preview.problems.length === 0 && preview !== last) setLast(preview);
  return last;
}

interface Part {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
  errors: Record<string, string>;
}

/** What a session costs at least and at most: with tax, or without, where the prices are. */
function Limits({ draft, set, currency, errors }: Part & { currency: string }) {
  const field = (name: "min_price" | "max_price", part: "before_taxes" | "after_taxes") => ({
    rightSection: currency, rightSectionWidth: 52, inputMode: "decimal" as const,
    value: draft[name][part],
    error: errors[`${name}.${part}`] ?? errors[name],
    onChange: (e: React.ChangeEvent<HTMLInputElement>) => { set({ [name]: { ...draft[name], [part]: e.currentTarget.value } }); },
  });
  return (
    <>
      <Pair>
        <TextInput label={t`At least, with tax`} {...field("min_price", "after_taxes")} />
        <TextInput label={t`At most, with tax`} {...field("max_price", "after_taxes")} />
      </Pair>
      {!draft.tax_included && (
        <Pair>
          <TextInput label={t`At least, without tax`} {...field("min_price", "before_taxes")} />
          <TextInput label={t`At most, without tax`} {...field("max_price", "before_taxes")} />
        </Pair>
      )}
    </>
  );
}

const LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv", "da", "nb", "fi", "cs", "hi", "ta", "ja", "zh", "ar"];

/** What the driver reads, in each language. */
function Texts({ draft, set, errors }: Part) {
  const change = (index: number, to: Partial<Draft["texts"][number]>) => {
    set({ texts: draft.texts.map((each, place) => (place === index ? { ...each, ...to } : each)) });
  };
  return (
    <FormPart title={t`For drivers to read`}>
      {draft.texts.map((one, index) => (
        <div key={index} className={css.text}>
          <Select
            aria-label={t`Language`} searchable allowDeselect={false} data={[...new Set([...LANGUAGES, one.language])].map((value) => ({ value, label: languageWord(value) }))} value={one.language}
            error={errors[`texts.${index}.language`]} onChange={(language) => { change(index, { language: language ?? "en" }); }}
          />
          <Textarea
            aria-label={t`Text`} autosize minRows={1} maxRows={4} value={one.text} error={errors[`texts.${index}.text`]}
            onChange={(e) => { change(index, { text: e.currentTarget.value }); }}
          />
          <Button variant="subtle" color="gray" size="compact-sm" onClick={() => { set({ texts: draft.texts.filter((_, place) => place !== index) }); }}>
            <Trans>Remove</Trans>
          </Button>
        </div>
      ))}
      <div>
        <Button
          variant="default" size="compact-sm"
          onClick={() => { set({ texts: [...draft.texts, { language: LANGUAGES.find((each) => !draft.texts.some((one) => one.language === each)) ?? "en", text: "" }] }); }}
        >
          <Trans>Add a text</Trans>
        </Button>
      </div>
    </FormPart>
  );
}

function languageWord(code: string): string {
  try {
    return new Intl.DisplayNames([i18n.locale], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}
