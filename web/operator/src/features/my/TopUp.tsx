import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Checkbox, TextInput } from "@mantine/core";
import { answered, client } from "@stationmaster/api";
import { DECIMAL, Form, money, useSentForm } from "@stationmaster/ui";
import * as v from "valibot";
import { sentDecimal } from "../../fields";
import { useOnce } from "../../money/useOnce";
import thing from "../../thing.module.css";
import css from "./My.module.css";
import { BACK_TO, type Paying } from "./Paying";

interface Props {
  currency: string;
  /** What is owed, and paid with it first. */
  owed: string | null;
  paying: Paying;
}

/** Money for one's wallet, paid on the provider's page. */
export function TopUp({ currency, owed, paying }: Props) {
  const once = useOnce();
  const form = useSentForm({
    initial: { amount: owed ?? "", save: false },
    schema: v.object({ amount: v.pipe(v.string(), v.trim(), v.regex(DECIMAL, t`An amount, as in 20 or 12.50`)), save: v.boolean() }),
    submit: async ({ amount, save }) => {
      const body = { amount: sentDecimal(amount), currency, return_to: BACK_TO, save };
      paying.begin(await answered(client.POST("/api/v1/me/top-ups", { body, headers: once(body) })));
    },
  });
  const { fields } = form;
  return (
    <section className={`${thing.panel} card`} aria-label={t`Pay in`} data-testid="top-up">
      <h2>
        <Trans>Pay in</Trans>
      </h2>
      {owed !== null && (
        <p>
          <Trans>You owe {money(owed, currency)}. It is paid first; what is left stays in your wallet.</Trans>
        </p>
      )}
      <div className={css.narrow}>
        <Form form={{ ...form, busy: form.busy || paying.busy }} action={t`To the payment`} testid="top-up-submit">
          <TextInput
            label={t`Amount`} rightSection={currency} rightSectionWidth={58} inputMode="decimal" autoComplete="off" required data-testid="top-up-amount"
            {...fields.getInputProps("amount")}
          />
          <Checkbox
            label={t`Save the card for what I owe later`} description={t`The provider keeps it; you can take it away at any time.`}
            {...fields.getInputProps("save", { type: "checkbox" })}
          />
        </Form>
      </div>
    </section>
  );
}
