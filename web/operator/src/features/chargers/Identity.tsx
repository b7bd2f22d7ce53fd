import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Modal, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { answered, client, type Station } from "@stationmaster/api";
import { Ago, At, Confirm, Copyable, Facts, notify, Problem, ratedKw } from "@stationmaster/ui";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { fleetStore } from "../../live/fleet";
import { useAway } from "../../live/useAway";
import { Only } from "../../user";
import { Secret } from "./AddCharger";
import { useChargerUrl } from "./address";
import css from "./Charger.module.css";
import { currentWord, gridWord } from "./chargerWords";
import { Edit } from "./Edit";
import { SecurityFacts, SecurityProfile } from "./SecurityProfile";

/** What the charger says of itself, and its registration here. */
export function Identity({ station }: { station: Station }) {
  const navigate = useNavigate();
  const away = useAway() !== null;
  const [editing, edit] = useDisclosure(false);
  const [renewing, renew] = useDisclosure(false);
  const [securing, secure] = useDisclosure(false);
  const [deleting, ask] = useDisclosure(false);
  const remove = async () => {
    await answered(client.DELETE("/api/v1/stations/{station_id}", { params: { path: { station_id: station.id } } }));
    void fleetStore.reload(station.id);
    notify.done(t`The charger ${station.id} is deleted`);
    void navigate({ to: "/chargers" });
  };
  return (
    <section className={`${css.panel} ${css.last} card`} aria-label={t`About this charger`}>
      <h2>
        <Trans>About</Trans>
      </h2>
      <Facts
        items={[
          [t`Vendor`, station.manufacturer ?? station.vendor ?? "–"],
          [t`Model`, station.model ?? "–"],
          [t`Firmware`, station.firmware ?? "–"],
          [t`Serial number`, station.serial ?? "–"],
          [t`Security profile`, <SecurityFacts key="security" station={station} />],
          [t`Last boot`, <Ago key="boot" at={station.last_boot_at} />],
          [t`Last heard`, <Ago key="heard" at={station.last_heard_at} />],
          ...(station.charger_type ? [[t`Current`, currentWord(station.charger_type)] as [string, ReactNode]] : []),
          ...(station.max_power_w === null ? [] : [[t`Most it can deliver`, ratedKw(station.max_power_w)] as [string, ReactNode]]),
          ...(station.phase ? [[t`Connected to`, gridWord(station.phase)] as [string, ReactNode]] : []),
          ...(station.offline_since ? [offlineSince(station.offline_since)] : []),
        ]}
      />
      <Only may="administer">
        <div className={css.buttons}>
          <Button size="compact-sm" variant="subtle" color="gray" disabled={away} onClick={edit.open} data-testid="edit-charger">
            <Trans>Edit…</Trans>
          </Button>
          <Button size="compact-sm" variant="subtle" color="gray" disabled={away} onClick={renew.open}>
            <Trans>New password…</Trans>
          </Button>
          <Button size="compact-sm" variant="subtle" color="gray" disabled={away} onClick={secure.open} data-testid="security-profile-open">
            <Trans>Security profile…</Trans>
          </Button>
          <Button size="compact-sm" variant="subtle" className={css.delete ?? ""} disabled={away} onClick={ask.open}>
            <Trans>Delete charger…</Trans>
          </Button>
        </div>
      </Only>
      <Edit station={station} opened={editing} onClose={edit.close} />
      <NewPassword station={station} opened={renewing} onClose={renew.close} />
      {securing && <SecurityProfile station={station} opened onClose={secure.close} />}
      <Confirm opened={deleting} onClose={ask.close} title={t`Delete this charger?`} action={t`Delete`} run={remove}>
        <Text size="sm" className="hostile">
          <Trans>{station.name ?? station.id} is disconnected and can't connect again. Its past sessions are kept.</Trans>
        </Text>
      </Confirm>
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
    mutationFn: () =>
      answered(client.POST("/api/v1/stations/{station_id}/secret", { params: { path: { station_id: station.id } }, body: {} })),
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
    <Modal opened={opened} onClose={close} title={t`New password for this charger`} centered closeOnClickOutside={!secret} closeOnEscape={!secret}>
      <div className={css.form}>
        {secret ? (
          <>
            <Copyable value={chargerUrl(station.id)} label={t`Copy address`} />
            <Secret secret={secret} />
            <Button onClick={close}>
              <Trans>Done, I have kept it</Trans>
            </Button>
          </>
        ) : (
          <>
            <Text size="sm">
              <Trans>
                The old password stops working at once: the charger can't come back after its next disconnection until the new one is entered
                in it.
              </Trans>
            </Text>
            <Problem error={make.error} />
            <Button loading={make.isPending} onClick={() => { make.mutate(); }}>
              <Trans>Make a new password</Trans>
            </Button>
          </>
        )}
      </div>
    </Modal>
  );
}

function offlineSince(at: string): [string, ReactNode] {
  return [t`Offline since`, <At key="offline" at={at} />];
}
