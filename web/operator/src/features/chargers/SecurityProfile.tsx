import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Divider, Modal, Select, Text, TextInput } from "@mantine/core";
import { answered, client, type Station } from "@stationmaster/api";
import { At, isToCome, notify, Problem } from "@stationmaster/ui";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { fleetStore } from "../../live/fleet";
import css from "./Charger.module.css";

type Profile = Station["security_profile"];

/** What a charger shows with a security profile of OCPP (A00). */
function profileWord(profile: number): string {
  const words: Record<number, string> = {
    0: t`0: nothing`,
    1: t`1: password, without TLS`,
    2: t`2: password, with TLS`,
    3: t`3: certificate of its own, with TLS`,
  };
  return words[profile] ?? String(profile);
}

/** How it has connected, with what it may at least, and what it was asked to go up to. */
export function SecurityFacts({ station }: { station: Station }) {
  const { connected_profile: now, security_profile: lowest, wanted_profile: wanted, expired_until } = station;
  const until = stillToCome(expired_until);
  return (
    <span data-testid="security-profile">
      {now === null ? "–" : profileWord(now)}
      {lowest > 1 && (
        <span className="dim small">
          {" "}
          <Trans>(at least {lowest})</Trans>
        </span>
      )}
      {wanted !== null && (
        <span className="dim small">
          {" "}
          <Trans>(asked to go up to {wanted})</Trans>
        </span>
      )}
      {until !== null && (
        <span className="dim small">
          {" "}
          <Trans>
            (with an expired certificate until <At at={until} />)
          </Trans>
        </span>
      )}
    </span>
  );
}

interface Dialog {
  station: Station;
  opened: boolean;
  onClose: () => void;
}

/** The lowest profile that lets it in; a lower one than before takes a reason. */
export function SecurityProfile({ station, opened, onClose }: Dialog) {
  const [lowest, setLowest] = useState<Profile>(station.security_profile);
  const [reason, setReason] = useState("");
  const lower = lowest < station.security_profile;
  const now = station.connected_profile;
  const say = useMutation({
    mutationFn: () =>
      answered(
        client.PUT("/api/v1/stations/{station_id}/security-profile", {
          params: { path: { station_id: station.id } },
          body: { lowest, reason: reason.trim() === "" ? null : reason.trim() },
        }),
      ),
    onSuccess: () => {
      void fleetStore.reload(station.id);
      notify.done(t`Saved`);
      close();
    },
  });
  const close = () => {
    setReason("");
    say.reset();
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title={t`Security profile of this charger`} centered>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          say.mutate();
        }}
      >
        <Text size="sm">
          <Trans>
            A charger is let in with this profile or a higher one. It rises by itself when the charger has been asked to go up, and has connected so.
          </Trans>
        </Text>
        <Select
          label={t`At least`}
          data={[1, 2, 3].map((each) => ({ value: String(each), label: profileWord(each) }))}
          value={String(lowest)}
          onChange={(value) => { setLowest(Number(value) as Profile); }}
          allowDeselect={false}
          data-testid="security-profile-lowest"
        />
        {now !== null && now < lowest && (
          <Text size="sm" fw={600}>
            <Trans>It is connected with profile {now} now: after its next disconnection it is not let in before it connects otherwise.</Trans>
          </Text>
        )}
        {lower && (
          <TextInput
            label={t`Why a lower one?`}
            required
            maxLength={200}
            value={reason}
            onChange={(event) => { setReason(event.currentTarget.value); }}
            data-testid="security-profile-reason"
          />
        )}
        <Problem error={say.error} />
        <Button type="submit" loading={say.isPending} disabled={lower && reason.trim() === ""} data-testid="security-profile-submit">
          <Trans>Save</Trans>
        </Button>
      </form>
      <Divider my="lg" />
      <ExpiredCertificate station={station} />
    </Modal>
  );
}

function stillToCome(moment: string | null): string | null {
  return moment !== null && isToCome(moment) ? moment : null;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS = [1, 7, 30];

/** A certificate that has ended lets it in for a while, to renew it. */
function ExpiredCertificate({ station }: { station: Station }) {
  const [days, setDays] = useState("7");
  const [reason, setReason] = useState("");
  const until = stillToCome(station.expired_until);
  const say = useMutation({
    mutationFn: (body: { until: string | null; reason: string | null }) =>
      answered(
        client.PUT("/api/v1/stations/{station_id}/expired-certificate", {
          params: { path: { station_id: station.id } },
          body,
        }),
      ),
    onSuccess: () => {
      void fleetStore.reload(station.id);
      setReason("");
      notify.done(t`Saved`);
    },
  });
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        say.mutate(
          until === null
            ? { until: new Date(Date.now() + Number(days) * DAY_MS).toISOString(), reason: reason.trim() }
            : { until: null, reason: null },
        );
      }}
    >
      <Text size="sm" fw={600}>
        <Trans>Its certificate has ended?</Trans>
      </Text>
      {until === null ? (
        <>
          <Text size="sm">
            <Trans>
              For a while, the charger can be let in with it, to get a new one and for nothing else. It is asked for it by itself. Give it what an
              authority has signed under Certificates, where the one of this server does not.
            </Trans>
          </Text>
          <Select
            label={t`For`}
            data={DAYS.map((each) => ({ value: String(each), label: each === 1 ? t`a day` : t`${each} days` }))}
            value={days}
            onChange={(value) => { setDays(value ?? "7"); }}
            allowDeselect={false}
            data-testid="expired-days"
          />
          <TextInput
            label={t`Why?`}
            required
            maxLength={200}
            value={reason}
            onChange={(event) => { setReason(event.currentTarget.value); }}
            data-testid="expired-reason"
          />
        </>
      ) : (
        <Text size="sm">
          <Trans>
            Until <At at={until} /> it is let in with it, to get a new one and for nothing else. This ends by itself when it comes with the new one.
          </Trans>
        </Text>
      )}
      <Problem error={say.error} />
      <Button
        type="submit"
        variant="default"
        loading={say.isPending}
        disabled={until === null && reason.trim() === ""}
        data-testid="expired-submit"
      >
        {until === null ? <Trans>Let it in to renew</Trans> : <Trans>Let it in no more</Trans>}
      </Button>
    </form>
  );
}
