import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Modal } from "@mantine/core";
import type { UserLink } from "@stationmaster/api";
import { At, Copyable, Note } from "@stationmaster/ui";
import thing from "../../thing.module.css";

interface Props {
  /** Whose, and the link; null: nothing is shown. */
  shown: { email: string; link: UserLink } | null;
  onClose: () => void;
}

/** A link that opens the door for somebody, where no mail is set up: whoever made it hands it on. */
export function LinkShown({ shown, onClose }: Props) {
  return (
    // It is shown only now: a stray click must not lose it.
    <Modal opened={shown !== null} onClose={onClose} title={t`A link for ${shown?.email ?? ""}`} centered closeOnClickOutside={false} closeOnEscape={false}>
      {shown?.link.url && (
        <div className={thing.asked}>
          <p>
            <Trans>No mail is set up on this server. Hand this link on yourself, on a way that only they can read.</Trans>
          </p>
          <Copyable value={shown.link.url} label={t`Copy link`} testid="user-link" />
          <Note tone="busy">
            <Trans>
              Whoever opens it chooses the password. It works once, until <At at={shown.link.expires_at} />, and is shown only now.
            </Trans>
          </Note>
          <Button onClick={onClose}>
            <Trans>Done, I have kept it</Trans>
          </Button>
        </div>
      )}
    </Modal>
  );
}
