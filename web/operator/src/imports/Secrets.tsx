import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { csv, Icon, Note, save } from "@stationmaster/ui";
import css from "./imports.module.css";

/** The passwords of new chargers, which nobody can see again. */
export function Secrets({ secrets, onDone }: { secrets: Record<string, string>; onDone: () => void }) {
  const known = Object.entries(secrets);
  const keep = () => { save("charger-passwords.csv", new Blob([csv(["id", "password"], known)], { type: "text/csv;charset=utf-8" })); };
  return (
    <div className={css.steps}>
      <Note tone="busy">
        <Trans>These passwords are shown only now. Keep them, and enter each in its charger.</Trans>
      </Note>
      <div className={css.buttons}>
        <Button leftSection={<Icon name="download" size={16} />} onClick={keep}>
          <Trans>Save them as a file</Trans>
        </Button>
      </div>
      <dl className={`${css.lines} mono`} aria-label={t`Passwords`}>
        {known.map(([id, secret]) => (
          <div key={id} className={css.secret}>
            <dt className="hostile">{id}</dt>
            <dd data-testid={`secret-${id}`}>{secret}</dd>
          </div>
        ))}
      </dl>
      <Button variant="default" onClick={onDone} data-testid="secrets-kept">
        <Trans>Done, I have kept them</Trans>
      </Button>
    </div>
  );
}
