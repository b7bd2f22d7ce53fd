import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Modal, TextInput } from "@mantine/core";
import { answered, client, type CreatedStation } from "@stationmaster/api";
import { Copyable, Form, needed, Note, optional, useSentForm } from "@stationmaster/ui";
import { useState } from "react";
import * as v from "valibot";
import { fleetStore } from "../../live/fleet";
import { useChargerUrl } from "./address";
import css from "./Fleet.module.css";
import { SiteInput, useEnsuredSite } from "./SiteInput";

/** Adds a charger, then shows its password, which nobody can see again. */
export function AddCharger({ opened, onClose, id, site }: { opened: boolean; onClose: () => void; id?: string; site?: string }) {
  const [made, setMade] = useState<CreatedStation | null>(null);
  const close = () => {
    setMade(null);
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={made ? t`Charger added` : t`Add a charger`}
      centered
      // The password is shown only now: a stray click must not lose it.
      closeOnClickOutside={!made}
      closeOnEscape={!made}
    >
      {made ? <Made station={made} onClose={close} /> : <Fields id={id ?? ""} site={site ?? ""} onMade={setMade} />}
    </Modal>
  );
}

function Fields({ id: given, site: there, onMade }: { id: string; site: string; onMade: (station: CreatedStation) => void }) {
  const ensureSite = useEnsuredSite();
  const form = useSentForm({
    initial: { id: given, name: "", site: there },
    schema: v.object({ id: v.pipe(needed(48), v.regex(/^[A-Za-z0-9*\-_=+|@. ]+$/, t`Letters, digits and * - _ = + | @ . only, as in the charger's address`)), name: optional(), site: optional() }),
    conflict: "id",
    submit: async ({ id, name, site }) => {
      await ensureSite(site.trim());
      const station = await answered(
        client.POST("/api/v1/stations", {
          body: { id: id.trim(), name: name.trim() || null, site: site.trim() || null, registration: "accepted" },
        }),
      );
      onMade(station);
      void fleetStore.reload(station.id);
    },
  });
  const { fields } = form;
  return (
    <Form form={form} action={t`Add charger`}>
      <TextInput
        label={t`Id`}
        description={t`As it is set in the charger; the last part of its address.`}
        required
        data-autofocus={!given || undefined}
        data-testid="add-charger-id"
        {...fields.getInputProps("id")}
      />
      <TextInput label={t`Name`} placeholder={t`Optional`} data-autofocus={given ? true : undefined} {...fields.getInputProps("name")} />
      <SiteInput {...fields.getInputProps("site")} />
    </Form>
  );
}

function Made({ station, onClose }: { station: CreatedStation; onClose: () => void }) {
  const chargerUrl = useChargerUrl();
  return (
    <div className={css.form}>
      <div>
        <p className="small dim" style={{ margin: "0 0 4px" }}>
          <Trans>Address</Trans>
        </p>
        <Copyable value={chargerUrl(station.id)} label={t`Copy address`} />
      </div>
      <Secret secret={station.secret} />
      <p className="small dim" style={{ margin: 0 }}>
        <Trans>Where the charger asks for a user name, enter its id.</Trans>
      </p>
      <Button onClick={onClose}>
        <Trans>Done, I have kept it</Trans>
      </Button>
    </div>
  );
}

export function Secret({ secret }: { secret: string }) {
  return (
    <>
      <div>
        <p className="small dim" style={{ margin: "0 0 4px" }}>
          <Trans>Password</Trans>
        </p>
        <Copyable value={secret} label={t`Copy password`} testid="new-secret" />
      </div>
      <Note tone="busy">
        <Trans>This password is shown only now. Enter it in the charger before you close this.</Trans>
      </Note>
    </>
  );
}
