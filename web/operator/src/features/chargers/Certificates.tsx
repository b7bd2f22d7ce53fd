import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Textarea } from "@mantine/core";
import type { CertificateRequest, Station } from "@stationmaster/api";
import { Ago, At, Badge, Form, Icon, More, needed, Problem, save, Waiting } from "@stationmaster/ui";
import { useMemo } from "react";
import * as v from "valibot";
import { useList } from "../../lists";
import { certificateRequestsQuery } from "../../queries";
import { Only } from "../../user";
import { useCommandForm, type DialogProps } from "./CommandForm";
import parts from "./Parts.module.css";
import { FormButton, Section } from "./Section";
import { certificateUse, certificateWords } from "./upkeepWords";
import { useCommand, usePossible, type Commander } from "./useCommand";

/** What this charger wants certificates for, and what became of it. */
export function Certificates({ station }: { station: Station }) {
  const commander = useCommand(station.id);
  const possible = usePossible(station);
  const list = useList<CertificateRequest>(certificateRequestsQuery(station.id));
  return (
    <Section
      station={station}
      commander={commander}
      title={t`Certificates`}
      buttons={
        <Only may="operate">
          <Button
            variant="default" disabled={!possible} loading={commander.isPending} data-testid="ask-certificate"
            onClick={() => { commander.mutate({ name: "trigger-message", body: { message: "SignChargingStationCertificate" } }); }}
          >
            <Trans>Let it ask anew</Trans>
          </Button>
        </Only>
      }
      about={
        <p className="dim small">
          <Trans>A charger makes its key by itself and asks for a certificate of it. An authority of your own signs at once what is plain; all else waits here for a person.</Trans>
        </p>
      }
      testid="certificates"
      outcome="certificate-outcome"
    >
      <Problem error={list.error} retry={list.retry} />
      {list.isPending && <Waiting />}
      {list.rows.length > 0 && (
        <ul className={parts.lines}>
          {list.rows.map((one) => (
            <Request key={one.id} one={one} station={station} commander={commander} />
          ))}
        </ul>
      )}
      {list.pages.hasMore && <More busy={list.pages.busy} onClick={list.pages.load} />}
    </Section>
  );
}

function Request({ one, station, commander }: { one: CertificateRequest; station: Station; commander: Commander }) {
  const { word, tone } = certificateWords(one.state);
  const fields = useMemo(() => given(one.id), [one.id]);
  const waits = one.state === "received" || one.state === "rejected";
  return (
    <li data-testid={`certificate-${one.id}`}>
      <div className={parts.row}>
        <strong>{certificateUse(one.use)}</strong>
        <Badge tone={tone}>{word}</Badge>
        <span className={`${parts.push} dim small`}>
          <Ago at={one.last_at} />
        </span>
      </div>
      <div className="hostile">
        {one.subject ?? <span className="dim">{t`It cannot be read`}</span>} {one.key_kind && <span className="dim small">{one.key_kind}</span>}
      </div>
      {one.detail && <div className="dim small hostile">{one.detail}</div>}
      <div className={parts.row}>
        <span className="dim small hostile">
          {one.valid_until && <Trans>valid until <At at={one.valid_until} /></Trans>}
          {one.serial && <> · <span className="mono">{one.serial}</span></>}
        </span>
        {waits && (
          <Only may="administer">
            <span className={`${parts.push} ${parts.row}`}>
              <Button size="compact-sm" variant="light" leftSection={<Icon name="download" size={15} />} onClick={() => { save(`${one.station}.csr`, new Blob([one.csr], { type: "application/pkcs10" })); }}>
                <Trans>Its request</Trans>
              </Button>
              <FormButton station={station} commander={commander} title={t`Give a certificate`} fields={fields} testid={`give-${one.id}`} variant="default">
                <Trans>Give a certificate…</Trans>
              </FormButton>
            </span>
          </Only>
        )}
      </div>
    </li>
  );
}

/** The form for what an authority has signed; it belongs to one request. */
const given = (request: string) =>
  function GivenFields(props: DialogProps) {
    const form = useCommandForm(
      props,
      { chain: "" },
      v.object({ chain: v.pipe(needed(10_000), v.check((text) => text.trim().startsWith("-----BEGIN CERTIFICATE-----"), t`PEM: it begins with -----BEGIN CERTIFICATE-----`)) }),
      ({ chain }) => ({ name: "give-certificate", body: { chain: chain.trim(), request } }),
    );
    return (
      <Form form={form} action={t`Give it`} testid="given-submit">
        <Textarea
          label={t`Certificate`} description={t`As the authority has signed it, and below it what stands above`} className="mono" autosize minRows={6} maxRows={14} spellCheck={false}
          data-testid="given-chain" {...form.fields.getInputProps("chain")}
        />
      </Form>
    );
  };
