import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { Button, FileInput, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ImportReport } from "@stationmaster/api";
import { Icon, notify, number, Problem, save, Waiting } from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useAway } from "../live/useAway";
import { useMay } from "../user";
import css from "./imports.module.css";
import { bring, fetchAll, FILES, kindWords, MAX_BYTES, MAY, SHOWN_BY, type Kind } from "./kinds";
import { Report } from "./Report";
import { canBeTaken } from "./lines";
import { Secrets } from "./Secrets";

interface Props {
  kind: Kind;
  onTaken?: () => void;
}

/** Brings a table: what would come of it is looked at row by row before it is done. */
export function ImportButton({ kind, onTaken }: Props) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <OpenImport kind={kind} open={open} />
      <ImportDialog {...{ kind, opened, close, onTaken }} />
    </>
  );
}

export function OpenImport({ kind, open }: { kind: Kind; open: () => void }) {
  const may = useMay(MAY[kind]);
  const away = useAway() !== null;
  if (!may) return null;
  return (
    <Button variant="default" onClick={open} disabled={away} data-testid={`import-${kind}`}>
      {kind === "vehicles" ? <Trans>Import vehicles…</Trans> : <Trans>Import…</Trans>}
    </Button>
  );
}

/** It stays where it is while the page around it changes, or the passwords of the first chargers would go with the empty page. */
export function ImportDialog({ kind, opened, close, onTaken }: Omit<Props, "onTaken"> & { opened: boolean; close: () => void; onTaken: (() => void) | undefined }) {
  const [secrets, setSecrets] = useState<Record<string, string> | null>(null);
  const queries = useQueryClient();
  const end = () => {
    setSecrets(null);
    close();
  };
  const taken = async (report: ImportReport) => {
    onTaken?.();
    await Promise.all(SHOWN_BY[kind].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    const added = number(report.new);
    const changed = number(report.changed);
    notify.done(t`Imported: ${added} new, ${changed} changed`);
    if (Object.keys(report.secrets).length > 0) setSecrets(report.secrets);
    else end();
  };
  return (
      <Modal
        opened={opened}
        onClose={end}
        title={secrets ? t`Passwords of the new chargers` : kindWords(kind).title}
        size="xl"
        centered
        // The passwords are shown only now: a stray click must not lose them.
        closeOnClickOutside={!secrets}
        closeOnEscape={!secrets}
      >
        {secrets ? <Secrets secrets={secrets} onDone={end} /> : <Steps kind={kind} onTaken={taken} />}
      </Modal>
  );
}

/** A file as it was when it was looked at: the same bytes are taken then. */
interface Chosen {
  file: File;
  bytes: Blob;
}

function Steps({ kind, onTaken }: { kind: Kind; onTaken: (report: ImportReport) => Promise<void> }) {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const look = useMutation({
    mutationFn: async (file: File) => {
      if (file.size > MAX_BYTES) throw new Error(t`The file is larger than 8 MB: bring it in parts.`);
      const bytes = new Blob([await file.arrayBuffer()]);
      const report = await bring(kind, bytes, true);
      setChosen({ file, bytes });
      return report;
    },
  });
  const take = useMutation({
    mutationFn: async ({ bytes }: Chosen) => onTaken(await bring(kind, bytes, false)),
  });
  const [file, setFile] = useState<File | null>(null);
  const choose = (next: File | null) => {
    setFile(next);
    setChosen(null);
    take.reset();
    if (next) look.mutate(next);
    else look.reset();
  };
  const report = chosen && chosen.file === file ? look.data : undefined;
  return (
    <div className={css.steps}>
      <About kind={kind} />
      <FileInput
        label={t`CSV file`}
        placeholder={t`Choose a file`}
        accept=".csv,.txt,text/csv"
        value={file}
        onChange={choose}
        clearable
        clearButtonProps={{ "aria-label": t`Clear` }}
        data-testid="import-file"
      />
      {look.isPending && <Waiting />}
      <Problem error={look.error} />
      {report && <Report report={report} />}
      <Problem error={take.error} />
      {chosen && report && canBeTaken(report) && (
        <Button loading={take.isPending} onClick={() => { take.mutate(chosen); }} data-testid="import-submit">
          <Plural value={report.new + report.changed} one="Import # row" other="Import # rows" />
        </Button>
      )}
    </div>
  );
}

/** How the file is to be, and one to begin with. */
function About({ kind }: { kind: Kind }) {
  const { key } = kindWords(kind);
  const fetched = useMutation({
    mutationFn: async () => { save(FILES[kind], await fetchAll(kind)); },
    onError: notify.failed,
  });
  return (
    <>
      <p>
        <Trans>
          The first row names the columns; <code>{key}</code> must be among them. A row whose <code>{key}</code> is here already changes what is
          there, another one adds something new. A column that the file does not have changes nothing. You see what would come of it before
          anything is done.
        </Trans>
      </p>
      <div className={css.buttons}>
        <Button
          variant="default" size="xs" leftSection={<Icon name="download" size={16} />} loading={fetched.isPending}
          onClick={() => { fetched.mutate(); }} data-testid="import-template"
        >
          <Trans>Save what is here now, as a file to begin with</Trans>
        </Button>
      </div>
    </>
  );
}
