import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { Copyable, Note } from "@stationmaster/ui";
import thing from "../../thing.module.css";

/** The secret of a webhook, which nobody can see again. */
export function SecretShown({ secret, onDone }: { secret: string; onDone: () => void }) {
  return (
    <div className={thing.asked}>
      <Copyable value={secret} label={t`Copy secret`} testid="webhook-secret" />
      <Note tone="busy">
        <Trans>This secret is shown only now. Enter it in the program before you close this.</Trans>
      </Note>
      <p className="dim small">
        <Trans>
          Each message carries <code>Stationmaster-Signature</code>, made with it; so the program can tell that it comes from here.
        </Trans>
      </p>
      <Button onClick={onDone}>
        <Trans>Done, I have kept it</Trans>
      </Button>
    </div>
  );
}
