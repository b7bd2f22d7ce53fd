import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { Copyable, Icon, Note, save } from "@stationmaster/ui";
import css from "./SecondStep.module.css";

/** Codes that are shown this once: to copy, or to take away as a file. */
export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const text = codes.join("\n");
  const download = () => { save("stationmaster-codes.txt", new Blob([`Stationmaster, ${window.location.host}\n\n${text}\n`], { type: "text/plain" })); };
  return (
    <div className={css.app}>
      <Note tone="busy">
        <Trans>Keep these codes where your phone is not. Each signs you in once without the app. They are shown only now.</Trans>
      </Note>
      <Copyable value={text} label={t`Copy codes`} testid="recovery-codes" />
      <Button variant="default" leftSection={<Icon name="download" size={16} />} onClick={download} data-testid="download-codes">
        <Trans>Download as a file</Trans>
      </Button>
      <Button onClick={onDone} data-testid="codes-kept">
        <Trans>Done, I have kept them</Trans>
      </Button>
    </div>
  );
}
