import { Button, Modal, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { post, request, segment } from "../../api/client";
import type { Station } from "../../api/types";
import { Copyable, Facts, Problem } from "../../components/bits";
import { Ago } from "../../components/Time";
import { fleetStore } from "../../live/fleet";
import { Only } from "../../user";
import { Secret } from "../fleet/AddCharger";
import { useChargerUrl } from "../fleet/address";
import { Edit } from "./Edit";
import css from "./Charger.module.css";

/** What the charger says of itself, and its registration here. */
export function Identity({ station }: { station: Station }) {
  const [editing, edit] = useDisclosure(false);
  const [renewing, renew] = useDisclosure(false);
  const [deleting, remove] = useDisclosure(false);
  return (
    <section className={`${css.panel} ${css.last} card`} aria-label="About this charger">
      <h2>About</h2>
      <Facts
        items={[
          ["Vendor", station.vendor ?? "–"],
          ["Model", station.model ?? "–"],
          ["Firmware", station.firmware ?? "–"],
          ["Serial number", station.serial ?? "–"],
          ["Last boot", <Ago key="boot" at={station.last_boot_at} />],
          ["Last heard", <Ago key="heard" at={station.last_heard_at} />],
        ]}
      />
      <Only may="administer">
        <div className={css.buttons}>
          <Button size="compact-sm" variant="subtle" color="gray" onClick={edit.open} data-testid="edit-charger">
            Edit…
          </Button>
          <Button size="compact-sm" variant="subtle" color="gray" onClick={renew.open}>
            New password…
          </Button>
          <Button size="compact-sm" variant="subtle" color="red" onClick={remove.open}>
            Delete charger…
          </Button>
        </div>
      </Only>
      <Edit station={station} opened={editing} onClose={edit.close} />
      <NewPassword station={station} opened={renewing} onClose={renew.close} />
      <Delete station={station} opened={deleting} onClose={remove.close} />
    </section>
  );
}

interface Dialog {
  station: Station;
  opened: boolean;
  onClose: () => void;
}

function NewPassword({ station, opened, onClose }: Dialog) {
  const chargerUrl = useChargerUrl();
  const [secret, setSecret] = useState<string | null>(null);
  const make = useMutation({
    mutationFn: () => post<{ secret: string }>(`/stations/${segment(station.id)}/secret`),
    onSuccess: (answer) => {
      setSecret(answer.secret);
    },
  });
  const close = () => {
    setSecret(null);
    make.reset();
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title="New password for this charger" centered closeOnClickOutside={!secret} closeOnEscape={!secret}>
      <div className={css.form}>
        {secret ? (
          <>
            <Copyable value={chargerUrl(station.id)} label="address" />
            <Secret secret={secret} />
            <Button onClick={close}>Done, I have kept it</Button>
          </>
        ) : (
          <>
            <Text size="sm">The old password stops working at once: the charger can't come back after its next disconnection until the new one is entered in it.</Text>
            <Problem error={make.error} />
            <Button loading={make.isPending} onClick={() => { make.mutate(); }}>
              Make a new password
            </Button>
          </>
        )}
      </div>
    </Modal>
  );
}

function Delete({ station, opened, onClose }: Dialog) {
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => request("DELETE", `/stations/${segment(station.id)}`),
    onSuccess: () => {
      void fleetStore.reload(station.id);
      void navigate({ to: "/" });
    },
  });
  return (
    <Modal opened={opened} onClose={onClose} title="Delete this charger?" centered>
      <div className={css.form}>
        <Text size="sm" className="hostile">
          {station.name ?? station.id} is disconnected and can't connect again. Its past sessions are kept.
        </Text>
        <Problem error={remove.error} />
        <Button color="red.8" loading={remove.isPending} onClick={() => { remove.mutate(); }}>
          Delete
        </Button>
      </div>
    </Modal>
  );
}
