import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select, TextInput } from "@mantine/core";
import { FormPart, Icon, type SentForm } from "@stationmaster/ui";
import { connectorName } from "../../words";
import css from "./Charger.module.css";
import { nextConnector, type Typed } from "./chargerFields";
import { PLUGS, plugWord } from "./chargerWords";

/** What each connector is and can deliver. One that the charger has not told of can be named before it does, and taken away again. */
export function ConnectorFields({ fields }: { fields: SentForm<Typed>["fields"] }) {
  const { connectors } = fields.values;
  return (
    <FormPart title={t`Connectors`}>
      <p className="dim small">
        <Trans>A meter that rises faster than a connector can deliver is not believed. Empty: not known.</Trans>
      </p>
      {connectors.map((each, at) => {
        const name = connectorName(Number(each.evse), Number(each.connector));
        const input = (field: string) => fields.getInputProps(`connectors.${at}.${field}`);
        return (
          // The place in the list names the fields, so the list is never put in another order.
          <div key={at} role="group" aria-label={name} className={css.ratings}>
            {each.isNew ? (
              <>
                <TextInput label={t`EVSE`} inputMode="numeric" {...input("evse")} />
                <TextInput label={t`Connector of it`} inputMode="numeric" {...input("connector")} />
              </>
            ) : (
              <strong className="small">{name}</strong>
            )}
            <Select
              label={t`Type`} placeholder={t`Not known`} data={PLUGS.map((value) => ({ value, label: plugWord(value) }))} clearable
              clearButtonProps={{ "aria-label": t`Clear` }} data-testid={`type-${each.evse}-${each.connector}`} {...input("type")}
            />
            <TextInput label={t`Up to, A`} inputMode="numeric" data-testid={`current-${each.evse}-${each.connector}`} {...input("amperes")} />
            <TextInput label={t`Up to, kW`} inputMode="decimal" data-testid={`rating-${each.evse}-${each.connector}`} {...input("kilowatts")} />
            {!each.told && (
              <Button
                className={css.without ?? ""} size="compact-sm" variant="subtle" color="gray" aria-label={t`Take away ${name}`}
                onClick={() => { fields.removeListItem("connectors", at); }}
              >
                <Trans>Take away</Trans>
              </Button>
            )}
          </div>
        );
      })}
      <div>
        <Button
          size="compact-sm" variant="default" leftSection={<Icon name="plus" size={14} />} data-testid="add-connector"
          onClick={() => { fields.insertListItem("connectors", nextConnector(connectors)); }}
        >
          <Trans>Add a connector</Trans>
        </Button>
      </div>
    </FormPart>
  );
}
