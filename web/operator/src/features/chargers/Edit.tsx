import { t } from "@lingui/core/macro";
import { Select, Switch, TextInput } from "@mantine/core";
import { client, ifMatch, tagged, type Station, type StationChanges, type Tagged } from "@stationmaster/api";
import { Form, FormPart, notify, Pair, Problem, useSentForm, Waiting } from "@stationmaster/ui";
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, type RefObject } from "react";
import { changed } from "../../fields";
import { FormModal } from "../../FormModal";
import { fleetStore } from "../../live/fleet";
import { connectorFacts, facts, placeOf, schema, typed, type Typed } from "./chargerFields";
import { CURRENTS, currentWord, gridWord, PHASES } from "./chargerWords";
import { ConnectorFields } from "./ConnectorFields";
import { ManufacturerInput } from "./ManufacturerInput";
import { SiteInput, useEnsuredSite } from "./SiteInput";

/** The charger's record here: what people call it, where it stands, what it is, whether it may work. */
export function Edit({ station, opened, onClose }: { station: Station; opened: boolean; onClose: () => void }) {
  return (
    <FormModal opened={opened} onClose={onClose} title={t`Edit this charger`} size="lg">
      <Current id={station.id} onDone={onClose} />
    </FormModal>
  );
}

const recordQuery = (id: string) => queryOptions({ queryKey: ["record", id], queryFn: ({ signal }) => fetchRecord(id, signal), gcTime: 0, staleTime: 0 });

function fetchRecord(id: string, signal?: AbortSignal): Promise<Tagged<Station>> {
  return tagged(client.GET("/api/v1/stations/{station_id}", { params: { path: { station_id: id } }, ...(signal && { signal }) }));
}

/** The form with the record as it is now, and in which version. */
function Current({ id, onDone }: { id: string; onDone: () => void }) {
  const { data, error, isFetching } = useQuery({ ...recordQuery(id), refetchOnWindowFocus: false });
  if (error) return <Problem error={error} />;
  return data && !isFetching ? <Fields one={data} onDone={onDone} /> : <Waiting />;
}

function Fields({ one, onDone }: { one: Tagged<Station>; onDone: () => void }) {
  const queries = useQueryClient();
  const ensureSite = useEnsuredSite();
  const seen = useRef(one);
  const { id } = one.value;
  const form = useSentForm<Typed>({
    initial: typed(one.value),
    schema: schema(),
    theirs: async () => {
      seen.current = await fetchRecord(id);
      return typed(seen.current.value);
    },
    submit: async (values, before) => {
      await ensureSite(values.site.trim());
      const body = changed(facts(before), facts(values)) as StationChanges;
      if (Object.keys(body).length > 0) {
        const params = { path: { station_id: id }, header: ifMatch(seen.current.tag) };
        seen.current = await tagged(client.PATCH("/api/v1/stations/{station_id}", { params, body }));
      }
      await sendConnectors(seen, before, values);
      await queries.invalidateQueries({ queryKey: ["station", id] });
      void queries.invalidateQueries({ queryKey: ["manufacturers"] });
      void fleetStore.reload(id);
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
  const clearable = { clearable: true, clearButtonProps: { "aria-label": t`Clear` } };
  return (
    <Form form={form} action={t`Save`} testid="edit-charger-submit">
      <Pair>
        <TextInput label={t`Name`} placeholder={id} data-autofocus data-testid="edit-charger-name" {...fields.getInputProps("name")} />
        <SiteInput {...fields.getInputProps("site")} />
      </Pair>
      <Select
        label={t`Registration`}
        description={t`What the charger hears when it boots`}
        data={registrations}
        allowDeselect={false}
        {...fields.getInputProps("registration")}
      />
      <FormPart title={t`What it is`}>
        <Pair>
          <ManufacturerInput placeholder={one.value.vendor ?? ""} {...fields.getInputProps("manufacturer")} />
          <TextInput label={t`Most it can deliver, kW`} inputMode="decimal" data-testid="edit-charger-power" {...fields.getInputProps("max_power")} />
          <Select
            label={t`Current`} placeholder={t`Not known`} data={CURRENTS.map((value) => ({ value, label: currentWord(value) }))} {...clearable}
            data-testid="edit-charger-current" {...fields.getInputProps("charger_type")}
          />
          <Select
            label={t`Connected to`} placeholder={t`Not known`} data={PHASES.map((value) => ({ value, label: gridWord(value) }))} {...clearable}
            {...fields.getInputProps("phase")}
          />
        </Pair>
      </FormPart>
      <ConnectorFields fields={fields} />
      <FormPart title={t`How it speaks`}>
        <Select
          label={t`OCPP version`}
          description={t`Only for a charger that names none when it connects`}
          placeholder={t`As the charger says`}
          data={["1.6", "2.0.1", "2.1"].map((value) => ({ value, label: `OCPP ${value}` }))}
          {...clearable}
          {...fields.getInputProps("pinned_version")}
        />
        <Switch
          label={t`Strict`} description={t`What deviates from the specification is answered with an error and not repaired, as for a certification`}
          {...fields.getInputProps("strict", { type: "checkbox" })}
        />
      </FormPart>
    </Form>
  );
}

/** Tells the server which connectors there are now, and what has changed about the others; each time the charger is in another version afterwards. */
async function sendConnectors(seen: RefObject<Tagged<Station>>, before: Typed, after: Typed): Promise<void> {
  const at = (place: { evse: string; connector: string }) => ({
    path: { station_id: seen.current.value.id, evse: Number(place.evse), connector: Number(place.connector) },
    header: ifMatch(seen.current.tag),
  });
  const old = new Map(before.connectors.map((each) => [placeOf(each), each]));
  const kept = new Set(after.connectors.map(placeOf));
  for (const each of before.connectors) {
    if (kept.has(placeOf(each))) continue;
    seen.current = await tagged(client.DELETE("/api/v1/stations/{station_id}/connectors/{evse}/{connector}", { params: at(each) }));
  }
  for (const each of after.connectors) {
    const was = old.get(placeOf(each));
    const body = connectorFacts(each);
    if (!was) {
      seen.current = await tagged(client.PUT("/api/v1/stations/{station_id}/connectors/{evse}/{connector}", { params: at(each), body }));
      continue;
    }
    const changes = changed(connectorFacts(was), body);
    if (Object.keys(changes).length === 0) continue;
    seen.current = await tagged(client.PATCH("/api/v1/stations/{station_id}/connectors/{evse}/{connector}", { params: at(each), body: changes }));
  }
}
