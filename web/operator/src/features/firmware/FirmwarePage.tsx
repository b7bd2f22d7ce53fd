import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Modal, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { answered, client, type FirmwareFile } from "@stationmaster/api";
import { Ago, Badge, bytes, Confirm, DataTable, Empty, Icon, notify, PageHead, Problem, tableCss, Waiting, type Column } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useList, useTableState } from "../../lists";
import { useAway } from "../../live/useAway";
import { useFocus } from "../../live/useFocus";
import { firmwareQuery } from "../../queries";
import { Only } from "../../user";
import { AddFirmware } from "./AddFirmware";

/** The files that chargers can be updated with. An update is started on the page of a charger. */
export function FirmwarePage() {
  useFocus(null);
  const list = useList<FirmwareFile>(firmwareQuery());
  const [state, setState] = useTableState();
  const [adding, add] = useDisclosure(false);
  const [removing, remove] = useState<FirmwareFile | null>(null);
  const queries = useQueryClient();
  const columns = useMemo(() => fileColumns(remove), []);
  const button = (
    <Only may="deploy_firmware">
      <Button leftSection={<Icon name="plus" size={16} />} onClick={add.open} data-testid="add-firmware">
        <Trans>Upload firmware</Trans>
      </Button>
    </Only>
  );
  const drop = async ({ id, name }: FirmwareFile) => {
    await answered(client.DELETE("/api/v1/firmware/{firmware_id}", { params: { path: { firmware_id: id } } }));
    await queries.invalidateQueries({ queryKey: ["firmware"] });
    notify.done(t`${name} is removed`);
  };
  return (
    <>
      <PageHead title={t`Firmware`}>{list.rows.length > 0 && button}</PageHead>
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Firmware`}
          columns={columns}
          rows={list.rows}
          rowId={(file) => file.id}
          state={state}
          onState={setState}
          pages={list.pages}
          search={t`Search firmware`}
          empty={
            <Empty title={t`No firmware yet`}>
              <p>
                <Trans>Upload a file from the maker of your chargers. An update is then started on the page of a charger, under Firmware and logs.</Trans>
              </p>
              {button}
            </Empty>
          }
        />
      )}
      <Modal opened={adding} onClose={add.close} title={t`Upload firmware`} centered>
        <AddFirmware onDone={add.close} />
      </Modal>
      <Confirm
        opened={removing !== null}
        onClose={() => { remove(null); }}
        title={t`Remove this firmware?`}
        action={t`Remove`}
        run={() => (removing ? drop(removing) : Promise.resolve())}
      >
        <Text size="sm" className="hostile">
          <Trans>No charger can be given {removing?.name ?? ""} any more. Which chargers were updated with it stays known.</Trans>
        </Text>
      </Confirm>
    </>
  );
}

function fileColumns(onRemove: (file: FirmwareFile) => void): Column<FirmwareFile>[] {
  return [
    { id: "version", head: t`Version`, value: (file) => file.version, cell: (file) => <strong className="hostile">{file.version}</strong> },
    { id: "for", head: t`For`, value: (file) => [file.vendor, file.model].filter(Boolean).join(" ") || t`any charger` },
    { id: "name", head: t`File`, value: (file) => file.name, cell: (file) => <span className="mono hostile">{file.name}</span> },
    { id: "size", head: t`Size`, csvHead: t`Size (bytes)`, right: true, card: "side", value: (file) => file.size, cell: (file) => <span className="num">{bytes(file.size)}</span> },
    {
      id: "signed",
      head: t`Signature`,
      card: "hidden",
      value: (file) => (file.signed ? t`Signed` : t`Not signed`),
      cell: (file) => <Badge tone={file.signed ? "good" : "unavailable"} plain>{file.signed ? t`Signed` : t`Not signed`}</Badge>,
    },
    { id: "by", head: t`Uploaded by`, card: "hidden", extra: true, value: (file) => file.uploaded_by },
    { id: "at", head: t`Uploaded`, card: "hidden", value: (file) => file.uploaded_at, cell: (file) => <span className="dim"><Ago at={file.uploaded_at} /></span> },
    { id: "sha256", head: t`SHA-256`, extra: true, value: (file) => file.sha256, cell: (file) => <span className="mono hostile">{file.sha256}</span> },
    { id: "actions", head: t`Actions`, value: () => null, actions: true, right: true, cell: (file) => <Remove file={file} onRemove={onRemove} /> },
  ];
}

function Remove({ file, onRemove }: { file: FirmwareFile; onRemove: (file: FirmwareFile) => void }) {
  const away = useAway() !== null;
  return (
    <Only may="deploy_firmware">
      <Button
        className={tableCss.above ?? ""} size="compact-sm" variant="subtle" color="gray" disabled={away}
        onClick={() => { onRemove(file); }}
        aria-label={t`Remove ${file.name}`}
      >
        <Trans>Remove</Trans>
      </Button>
    </Only>
  );
}
