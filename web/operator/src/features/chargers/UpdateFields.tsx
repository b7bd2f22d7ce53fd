import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select } from "@mantine/core";
import type { FirmwareFile } from "@stationmaster/api";
import { bytes, Form, moment, MomentField, Note, Problem, Waiting } from "@stationmaster/ui";
import { useState } from "react";
import * as v from "valibot";
import { useList } from "../../lists";
import { firmwareQuery } from "../../queries";
import { AddFirmware } from "../firmware/AddFirmware";
import { useCommandForm, type DialogProps } from "./CommandForm";

/** Which file, and when. One that is not here yet is uploaded first. */
export function UpdateFields(props: DialogProps) {
  const list = useList<FirmwareFile>(firmwareQuery());
  const [uploading, upload] = useState(false);
  const [made, setMade] = useState<FirmwareFile | null>(null);
  if (list.error) return <Problem error={list.error} retry={list.retry} />;
  if (list.isPending) return <Waiting />;
  const files = made && !list.rows.some(({ id }) => id === made.id) ? [made, ...list.rows] : list.rows;
  if (uploading || files.length === 0) {
    return (
      <AddFirmware
        vendor={props.station.vendor}
        model={props.station.model}
        onDone={(file) => {
          setMade(file);
          upload(false);
        }}
      />
    );
  }
  return <Choose key={made?.id ?? ""} {...props} files={files} chosen={made?.id ?? null} onUpload={() => { upload(true); }} />;
}

function Choose({ files, chosen, onUpload, ...props }: DialogProps & { files: FirmwareFile[]; chosen: string | null; onUpload: () => void }) {
  const { station } = props;
  // Those for this very charger first.
  const sorted = files.toSorted((a, b) => Number(fits(b, props)) - Number(fits(a, props)));
  const form = useCommandForm(
    props,
    { firmware: chosen ?? sorted[0]?.id ?? "", retrieve_at: "", install_at: "" },
    v.object({ firmware: v.pipe(v.string(), v.minLength(1, t`Please choose a file`)), retrieve_at: v.string(), install_at: v.string() }),
    ({ firmware, retrieve_at, install_at }) => ({
      name: "update-firmware",
      body: { firmware, retrieve_at: moment(retrieve_at), install_at: moment(install_at) },
    }),
  );
  const { fields } = form;
  const file = files.find(({ id }) => id === fields.values.firmware);
  return (
    <Form form={form} action={t`Update`} testid="update-submit">
      <div>
        <Select
          label={t`Firmware`}
          data={sorted.map((each) => ({ value: each.id, label: `${each.version} · ${each.name}` }))}
          allowDeselect={false}
          data-testid="update-file"
          {...fields.getInputProps("firmware")}
        />
        {file && (
          <p className="dim small hostile">
            {[[file.vendor, file.model].filter(Boolean).join(" ") || t`for any charger`, bytes(file.size), file.signed ? t`signed by its maker` : t`not signed`].join(" · ")}
          </p>
        )}
        <Button size="compact-sm" variant="subtle" color="gray" onClick={onUpload} data-testid="update-upload">
          <Trans>Upload another file…</Trans>
        </Button>
      </div>
      {file && !fits(file, props) && (
        <Note tone="busy">
          <Trans>This file is for another kind of charger.</Trans>
        </Note>
      )}
      <MomentField label={t`Download at`} description={t`Empty: at once`} {...fields.getInputProps("retrieve_at")} />
      {station.ocpp_version !== "1.6" && (
        <MomentField label={t`Install at`} description={t`Empty: when it has been downloaded`} {...fields.getInputProps("install_at")} />
      )}
    </Form>
  );
}

/** Whether a file is meant for this charger, as far as both say. */
function fits(file: FirmwareFile, { station }: DialogProps): boolean {
  const same = (one: string | null, other: string | null) => !one || !other || one.trim().toLowerCase() === other.trim().toLowerCase();
  return same(file.vendor, station.vendor) && same(file.model, station.model);
}
