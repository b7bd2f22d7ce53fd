import { Button } from "@mantine/core";
import { useState } from "react";
import type { Station } from "../../api/types";
import { AvailabilityDialog, MessageDialog, ResetDialog, StartDialog, UnlockDialog } from "./ActionDialogs";
import css from "./Charger.module.css";
import { RawCall } from "./RawCall";
import { Settings } from "./Settings";
import type { Commander } from "./useCommand";

type Open = "start" | "unlock" | "availability" | "reset" | "message" | "settings" | "raw" | null;

export function Actions({ station, commander }: { station: Station; commander: Commander }) {
  const [open, setOpen] = useState<Open>(null);
  const close = () => {
    setOpen(null);
  };
  const dialog = { station, commander, onClose: close };
  const button = (what: Open, label: string, testid?: string) => (
    <Button
      variant="default"
      disabled={!station.connected}
      onClick={() => {
        setOpen(what);
      }}
      data-testid={testid}
    >
      {label}
    </Button>
  );
  return (
    <>
      <Button
        fullWidth
        disabled={!station.connected}
        onClick={() => {
          setOpen("start");
        }}
        data-testid="action-start"
      >
        Start charging
      </Button>
      <div className={css.actions}>
        {button("unlock", "Unlock", "action-unlock")}
        {button("reset", "Restart", "action-reset")}
        {button("availability", "Availability", "action-availability")}
        {button("message", "Ask for message", "action-trigger")}
        {button("settings", "Settings", "action-settings")}
        <Button
          variant="default"
          disabled={!station.connected}
          onClick={() => {
            commander.mutate({ name: "clear-cache", body: {} });
          }}
          title="Make the charger forget the cards it has learnt"
          data-testid="action-clear-cache"
        >
          Forget cards
        </Button>
        {button("raw", "Raw call", "action-raw")}
      </div>
      {!station.connected && <p className="dim small">Actions are possible while the charger is connected.</p>}
      <StartDialog {...dialog} opened={open === "start"} />
      <UnlockDialog {...dialog} opened={open === "unlock"} />
      <ResetDialog {...dialog} opened={open === "reset"} />
      <AvailabilityDialog {...dialog} opened={open === "availability"} />
      <MessageDialog {...dialog} opened={open === "message"} />
      <Settings station={station} opened={open === "settings"} onClose={close} />
      <RawCall station={station} opened={open === "raw"} onClose={close} />
    </>
  );
}
