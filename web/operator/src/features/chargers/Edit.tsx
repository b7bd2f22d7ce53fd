import { t } from "@lingui/core/macro";
import { Modal, Select, TextInput } from "@mantine/core";
import { answered, client, type Station, type StationChanges } from "@stationmaster/api";
import { Form, notify, optional, useSentForm } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { fleetStore } from "../../live/fleet";
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
      name: station.name ?? "",
      site: station.site ?? "",
      registration: station.registration as string,
      pinned_version: station.pinned_version,
    },
    schema: v.object({ name: optional(), site: optional(), registration: v.string(), pinned_version: v.nullable(v.string()) }),
    submit: async ({ name, site, registration, pinned_version }) => {
      await ensureSite(site.trim());
      const changes = { name: name.trim() || null, site: site.trim() || null, registration, pinned_version } as StationChanges;
      const changed = await answered(
        client.PATCH("/api/v1/stations/{station_id}", { params: { path: { station_id: station.id } }, body: changes }),
      );
      queries.setQueryData(["station", station.id], changed);
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
    </Form>
  );
}
