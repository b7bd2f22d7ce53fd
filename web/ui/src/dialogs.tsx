import { Button, Modal } from "@mantine/core";
import { useState, type ReactNode } from "react";
import css from "./forms.module.css";
import { Problem } from "./bits";

interface ConfirmProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** The word on the button. */
  action: string;
  run: () => Promise<unknown>;
  danger?: boolean;
  /** Whether what is asked can be answered already. */
  ready?: boolean;
}

/** Asks before something that can't be undone. Closes when it is done; says why when it is not. */
export function Confirm({ opened, onClose, title, children, action, run, danger = true, ready = true }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const close = () => {
    setError(null);
    onClose();
  };
  const go = async () => {
    setBusy(true);
    setError(null);
    try {
      await run();
      close();
    } catch (trouble) {
      setError(trouble);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={opened} onClose={close} title={title} centered>
      <div className={css.form}>
        {children}
        <Problem error={error} />
        <Button {...(danger && { color: "danger" })} loading={busy} disabled={!ready} onClick={() => void go()}>
          {action}
        </Button>
      </div>
    </Modal>
  );
}
