import { t } from "@lingui/core/macro";
import { Input, Modal, Select, TextInput } from "@mantine/core";
import { answered, client, type Connector, type Station, type StationChanges } from "@stationmaster/api";
import { DECIMAL, decimal, Form, notify, optional, useSentForm } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { fleetStore } from "../../live/fleet";
import { connectorName } from "../../words";
import css from "./Charger.module.css";
import { SiteInput, useEnsuredSite } from "./SiteInput";

/** The charger's record here: what people call it, where it stands, whether it may work. */
export function Edit({ station, opened, onClose }: { station: Station; opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={t`Edit this charger`} centered>
      <Fields station={station} onDone={onClose} />
    </Modal>
  );
}

function Fields({ station, onDone }: { station: Station; onDone: () => void }) {
  const queries = useQueryClient();
  const ensureSite = useEnsuredSite();
  const form = useSentForm({
    initial: {
      ...ratings(station),
      name: station.name ?? "",
      site: station.site ?? "",
      registration: station.registration as string,
      pinned_version: station.pinned_version,
    },
    schema: v.looseObject({ ...ratingFields(station), name: optional(), site: optional(), registration: v.string(), pinned_version: v.nullable(v.string()) }),
    submit: async (values) => {
      const { name, site, registration, pinned_version } = values;
      await ensureSite(site.trim());
      const changes = { name: name.trim() || null, site: site.trim() || null, registration, pinned_version } as StationChanges;
      const changed = await answered(
        client.PATCH("/api/v1/stations/{station_id}", { params: { path: { station_id: station.id } }, body: changes }),
      );
      queries.setQueryData(["station", station.id], await rate(changed, values));
      void fleetStore.reload(station.id);
      notify.done(t`Saved`);
      onDone();
    },
  });
  const { fields } = form;
  const registrations = [
    { value: "accepted", label: t`Accepted: it may charge` },
    { value: "pending", label: t`Pending: it is told to wait` },
    { value: "rejected", label: t`Rejected: it is told to come back later` },
  ];
  return (
    <Form form={form} action={t`Save`} testid="edit-charger-submit">
      <TextInput label={t`Name`} placeholder={station.id} data-autofocus data-testid="edit-charger-name" {...fields.getInputProps("name")} />
      <SiteInput {...fields.getInputProps("site")} />
      <Select
        label={t`Registration`}
        description={t`What the charger hears when it boots`}
        data={registrations}
        allowDeselect={false}
        {...fields.getInputProps("registration")}
      />
      <Select
        label={t`OCPP version`}
        description={t`Only for a charger that names none when it connects`}
        placeholder={t`As the charger says`}
        data={["1.6", "2.0.1", "2.1"].map((value) => ({ value, label: `OCPP ${value}` }))}
        clearable
        {...fields.getInputProps("pinned_version")}
      />
      {station.connectors.length > 0 && (
        <Input.Wrapper label={t`What a connector can deliver`} description={t`In kW. A meter that rises faster is not believed. Empty: not known`} labelElement="div">
          <div className={css.ratings}>
            {station.connectors.map((connector) => (
              <TextInput
                key={ratingField(connector)}
                aria-label={t`${connectorName(connector.evse, connector.connector)}, kW`}
                leftSection={<span className="dim small">{shortName(connector)}</span>}
                rightSection={<span className="dim small">kW</span>}
                inputMode="decimal"
                data-testid={`rating-${connector.evse}-${connector.connector}`}
                {...fields.getInputProps(ratingField(connector))}
              />
            ))}
          </div>
        </Input.Wrapper>
      )}
    </Form>
  );
}

function shortName({ evse, connector }: Connector): string {
  return connector > 1 ? `${evse}.${connector}` : String(evse);
}

function ratingField({ evse, connector }: Connector): `rating-${string}` {
  return `rating-${evse}-${connector}`;
}

function ratings(station: Station): Record<`rating-${string}`, string> {
  return Object.fromEntries(station.connectors.map((each) => [ratingField(each), each.max_power_w === null ? "" : String(each.max_power_w / 1000)]));
}

function ratingFields(station: Station) {
  const kilowatts = v.pipe(
    v.string(),
    v.trim(),
    v.check((text) => text === "" || DECIMAL.test(text), t`A number of kW, such as 22`),
    v.check((text) => text === "" || (watts(text) >= LEAST_W && watts(text) <= MOST_W), t`From 0.5 to 4,000 kW`),
  );
  return Object.fromEntries(station.connectors.map((each) => [ratingField(each), kilowatts]));
}

const LEAST_W = 500;
const MOST_W = 4_000_000;

function watts(kilowatts: string): number {
  return Math.round(decimal(kilowatts) * 1000);
}

/** Tells the server what was changed; answers the charger as it is then. */
async function rate(station: Station, values: Record<string, unknown>): Promise<Station> {
  let latest = station;
  for (const each of station.connectors) {
    const text = values[ratingField(each)];
    const max_power_w = typeof text !== "string" || text.trim() === "" ? null : watts(text);
    if (max_power_w === each.max_power_w) continue;
    const path = { station_id: station.id, evse: each.evse, connector: each.connector };
    latest = await answered(client.PATCH("/api/v1/stations/{station_id}/connectors/{evse}/{connector}", { params: { path }, body: { max_power_w } }));
  }
  return latest;
}
