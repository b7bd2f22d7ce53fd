import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Select } from "@mantine/core";
import type { Station } from "@stationmaster/api";
import { Empty, Form, isToCome, moment, momentField, MomentField, needed, type TableState } from "@stationmaster/ui";
import { useState } from "react";
import * as v from "valibot";
import { Only } from "../../user";
import { ReservationTable } from "../reservations/ReservationTable";
import { CardInput } from "./CardInput";
import { ANY, connectorChoices, evseOf, useCommandForm, type DialogProps } from "./CommandForm";
import { FormButton, Section } from "./Section";
import { useCommand } from "./useCommand";

/** Who has asked for a connector of this charger, and what came of it. */
export function Reservations({ station }: { station: Station }) {
  const commander = useCommand(station.id);
  const [state, setState] = useState<TableState>({});
  return (
    <>
      <Only may="operate">
        <Section
          station={station}
          commander={commander}
          title={t`Reserve a connector`}
          buttons={
            <FormButton station={station} commander={commander} title={t`Reserve a connector`} fields={ReserveFields} testid="reserve">
              <Trans>Reserve…</Trans>
            </FormButton>
          }
          about={
            <p className="dim small">
              <Trans>The charger keeps it for one card until a moment; others can't charge there meanwhile.</Trans>
            </p>
          }
        />
      </Only>
      <ReservationTable
        wanted={{ station: station.id }}
        title={t`Reservations`}
        state={state}
        onState={setState}
        empty={<Empty title={t`No reservations yet`}><p><Trans>“Reserve” above keeps a connector free for a card.</Trans></p></Empty>}
      />
    </>
  );
}

const MINUTES = ["15", "30", "60", "120", "240"] as const;
const CHOSEN = "chosen";
const MINUTE_MS = 60_000;

function ReserveFields(props: DialogProps) {
  const [now] = useState(() => Date.now());
  const connectors = connectorChoices(props.station);
  const form = useCommandForm(
    props,
    { token: "", evse: connectors[0]?.value ?? ANY, how_long: "30", expires_at: momentField(now + 60 * MINUTE_MS) },
    v.pipe(
      v.object({ token: needed(255), evse: v.string(), how_long: v.string(), expires_at: v.string() }),
      v.forward(
        v.check(({ how_long, expires_at }) => how_long !== CHOSEN || isToCome(expires_at), t`Choose a moment that is still to come`),
        ["expires_at"],
      ),
    ),
    ({ token, evse, how_long, expires_at }) => ({
      name: "reserve-now",
      body: {
        token: token.trim(),
        ...evseOf(evse),
        expires_at: (how_long === CHOSEN ? moment(expires_at) : null) ?? new Date(Date.now() + Number(how_long) * MINUTE_MS).toISOString(),
      },
    }),
  );
  const { fields } = form;
  const names: Record<string, string> = { "15": t`15 minutes`, "30": t`30 minutes`, "60": t`1 hour`, "120": t`2 hours`, "240": t`4 hours` };
  return (
    <Form form={form} action={t`Reserve`} testid="reserve-submit">
      <CardInput label={t`Card`} description={t`Who it is kept for`} opened={props.opened} data-autofocus data-testid="reserve-token" {...fields.getInputProps("token")} />
      <Select
        label={t`Connector`}
        data={[...connectors, { value: ANY, label: t`Any that is free` }]}
        allowDeselect={false}
        {...fields.getInputProps("evse")}
      />
      <Select
        label={t`How long`}
        data={[...MINUTES.map((value) => ({ value, label: names[value] ?? value })), { value: CHOSEN, label: t`Until a moment I choose` }]}
        allowDeselect={false}
        {...fields.getInputProps("how_long")}
      />
      {fields.values.how_long === CHOSEN && <MomentField label={t`Until`} {...fields.getInputProps("expires_at")} />}
    </Form>
  );
}
