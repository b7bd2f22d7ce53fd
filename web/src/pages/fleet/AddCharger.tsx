import { Button, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { post } from "../../api/client";
import type { NewStation } from "../../api/types";
import { Copyable, Note, Problem } from "../../components/bits";
import { fleetStore } from "../../live/fleet";
import { useChargerUrl } from "./address";
import css from "./Fleet.module.css";
import { SiteInput, useEnsuredSite } from "./SiteInput";

/** Adds a charger, then shows its password, which nobody can see again. */
export function AddCharger({ opened, onClose, id }: { opened: boolean; onClose: () => void; id?: string }) {
  const [made, setMade] = useState<NewStation | null>(null);
  const close = () => {
    setMade(null);
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={made ? "Charger added" : "Add a charger"}
      centered
      // The password is shown only now: a stray click must not lose it.
      closeOnClickOutside={!made}
      closeOnEscape={!made}
    >
      {made ? <Made station={made} onClose={close} /> : <Form id={id ?? ""} onMade={setMade} />}
    </Modal>
  );
}

function Form({ id: given, onMade }: { id: string; onMade: (station: NewStation) => void }) {
  const [id, setId] = useState(given);
  const [name, setName] = useState("");
  const [site, setSite] = useState("");
  const ensureSite = useEnsuredSite();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await ensureSite(site.trim());
      const station = await post<NewStation>("/stations", {
        id: id.trim(),
        ...(name.trim() && { name: name.trim() }),
        ...(site.trim() && { site: site.trim() }),
      });
      onMade(station);
      void fleetStore.reload(station.id);
    } catch (wrong) {
      setError(wrong);
      setBusy(false);
    }
  };
  return (
    <form className={css.form} onSubmit={(e) => void submit(e)}>
      <TextInput
        label="Id"
        description="As it is set in the charger; the last part of its address."
        required
        data-autofocus={!given || undefined}
        value={id}
        onChange={(e) => { setId(e.currentTarget.value); }}
        data-testid="add-charger-id"
      />
      <TextInput label="Name" placeholder="Optional" data-autofocus={given ? true : undefined} value={name} onChange={(e) => { setName(e.currentTarget.value); }} />
      <SiteInput value={site} onChange={setSite} />
      <Problem error={error} />
      <Button type="submit" loading={busy} disabled={!id.trim()}>
        Add charger
      </Button>
    </form>
  );
}

function Made({ station, onClose }: { station: NewStation; onClose: () => void }) {
  const chargerUrl = useChargerUrl();
  return (
    <div className={css.form}>
      <div>
        <p className="small dim" style={{ margin: "0 0 4px" }}>
          Address
        </p>
        <Copyable value={chargerUrl(station.id)} label="address" />
      </div>
      <Secret secret={station.secret} />
      <Button onClick={onClose}>Done, I have kept it</Button>
    </div>
  );
}

export function Secret({ secret }: { secret: string }) {
  return (
    <>
      <div>
        <p className="small dim" style={{ margin: "0 0 4px" }}>
          Password
        </p>
        <Copyable value={secret} label="password" testid="new-secret" />
      </div>
      <Note tone="busy">This password is shown only now. Enter it in the charger before you close this.</Note>
    </>
  );
}
