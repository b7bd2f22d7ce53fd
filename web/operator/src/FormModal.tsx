import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Modal } from "@mantine/core";
import { Unsaved } from "@stationmaster/ui";
import { useBlocker } from "@tanstack/react-router";
import { useCallback, useRef, useState, type ReactNode } from "react";
import css from "./thing.module.css";

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  size?: string | undefined;
  /** What it shows is shown only now, and must not be lost by a stray click or key. */
  keep?: boolean;
  children: ReactNode;
}

/** A form in a dialog. Closing it, the back button and leaving the page ask first when something was entered. */
export function FormModal({ opened, onClose, title, size, keep = false, children }: Props) {
  const dirty = useRef(false);
  const [asking, setAsking] = useState(false);
  const isDirty = () => dirty.current;
  const tellUnsaved = useCallback((now: boolean) => { dirty.current = now; }, []);
  const leaving = useBlocker({ shouldBlockFn: isDirty, enableBeforeUnload: isDirty, disabled: !opened, withResolver: true });
  const stay = () => {
    setAsking(false);
    leaving.reset?.();
  };
  const discard = () => {
    setAsking(false);
    dirty.current = false;
    onClose();
    leaving.proceed?.();
  };
  const close = () => {
    if (!isDirty()) onClose();
    // Later, so that the key which would close this dialog does not answer the question as well.
    else setTimeout(() => { setAsking(true); });
  };
  const question = asking || leaving.status === "blocked";
  return (
    <>
      <Modal
        opened={opened}
        onClose={close}
        closeOnEscape={!question && !keep}
        closeOnClickOutside={!keep}
        title={title}
        centered
        {...(size && { size })}
      >
        <Unsaved value={tellUnsaved}>{children}</Unsaved>
      </Modal>
      <Modal opened={question} onClose={stay} title={t`Leave without saving?`} centered zIndex={300}>
        <div className={css.asked}>
          <p>
            <Trans>What you have entered is not saved yet.</Trans>
          </p>
          <Button onClick={stay} data-autofocus>
            <Trans>Go on editing</Trans>
          </Button>
          <Button variant="default" onClick={discard}>
            <Trans>Leave without saving</Trans>
          </Button>
        </div>
      </Modal>
    </>
  );
}
