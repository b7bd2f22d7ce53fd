import { Button, Modal, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { request, segment } from "../../api/client";
import type { Registration, Station } from "../../api/types";
import { Problem } from "../../components/bits";
import { fleetStore } from "../../live/fleet";
import { SiteInput, useEnsuredSite } from "../fleet/SiteInput";
import css from "./Charger.module.css";

const REGISTRATIONS: { value: Registration; label: string }[] = [
  { value: "accepted", label: "Accepted: it may charge" },
  { value: "pending", label: "Pending: it is told to wait" },
  { value: "rejected", label: "Rejected: it is told to come back later" },
];
const VERSIONS = ["1.6", "2.0.1", "2.1"].map((value) => ({ value, label: `OCPP ${value}` }));

/** The charger's record here: what people call it, where it stands, whether it may work. */
export function Edit({ station, opened, onClose }: { station: Station; opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Edit this charger" centered>
      <Form station={station} onDone={onClose} />
    </Modal>
  );
}

function Form({ station, onDone }: { station: Station; onDone: () => void }) {
  const queries = useQueryClient();
  const ensureSite = useEnsuredSite();
  const [name, setName] = useState(station.name ?? "");
  const [site, setSite] = useState(station.site ?? "");
  const [registration, setRegistration] = useState<string>(station.registration);
  const [version, setVersion] = useState(station.pinned_version);
  const save = useMutation({
    mutationFn: async () => {
      await ensureSite(site.trim());
      const changes = { name: name.trim() || null, site: site.trim() || null, registration, pinned_version: version };
      return request<Station>("PATCH", `/stations/${segment(station.id)}`, changes);
    },
    onSuccess: (changed) => {
      queries.setQueryData(["station", station.id], changed);
      void fleetStore.reload(station.id);
      onDone();
    },
  });
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <TextInput
        label="Name"
        placeholder={station.id}
        data-autofocus
        maxLength={200}
        value={name}
        onChange={(e) => {
          setName(e.currentTarget.value);
        }}
        data-testid="edit-charger-name"
      />
      <SiteInput value={site} onChange={setSite} />
      <Select
        label="Registration"
        description="What the charger hears when it boots"
        data={REGISTRATIONS}
        value={registration}
        allowDeselect={false}
        onChange={(value) => {
          if (value !== null) setRegistration(value);
        }}
      />
      <Select
        label="OCPP version"
        description="Only for a charger that names none when it connects"
        placeholder="As the charger says"
        data={VERSIONS}
        value={version}
        onChange={setVersion}
        clearable
      />
      <Problem error={save.error} />
      <Button type="submit" loading={save.isPending} data-testid="edit-charger-submit">
        Save
      </Button>
    </form>
  );
}
