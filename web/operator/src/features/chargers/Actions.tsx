import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import type { Station } from "@stationmaster/api";
import { useState } from "react";
import { useMay } from "../../user";
import { AvailabilityDialog, MessageDialog, ResetDialog, StartDialog, UnlockDialog } from "./ActionDialogs";
import { AnyCommand } from "./AnyCommand";
import css from "./Charger.module.css";
import { OnlyConnected } from "./OnlyConnected";
import { RawCall } from "./RawCall";
import { Settings } from "./Settings";
import { usePossible, type Commander } from "./useCommand";

type Open = "start" | "unlock" | "availability" | "reset" | "message" | "settings" | "any" | "raw" | null;

export function Actions({ station, commander }: { station: Station; commander: Commander }) {
  const [open, setOpen] = useState<Open>(null);
  const mayCall = useMay("raw_call");
  const possible = usePossible(station);
  const close = () => {
    setOpen(null);
  };
  const dialog = { station, commander, onClose: close };
  const button = (what: Open, label: string, testid: string) => (
    <Button
      variant="default"
      disabled={!possible}
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
        disabled={!possible}
        onClick={() => {
          setOpen("start");
        }}
        data-testid="action-start"
      >
        <Trans>Start charging</Trans>
      </Button>
      <div className={css.actions}>
        {button("unlock", t`Unlock`, "action-unlock")}
        {button("reset", t`Restart`, "action-reset")}
        {button("availability", t`Availability`, "action-availability")}
        {button("message", t`Ask for message`, "action-trigger")}
        {button("settings", t`Settings`, "action-settings")}
        <Button
          variant="default"
          disabled={!possible}
          onClick={() => {
            commander.mutate({ name: "clear-cache", body: {} });
          }}
          title={t`Make the charger forget the cards it has learnt`}
          data-testid="action-clear-cache"
        >
          <Trans>Forget cards</Trans>
        </Button>
        {button("any", t`All commands`, "action-any")}
        {mayCall && button("raw", t`Raw call`, "action-raw")}
      </div>
      <OnlyConnected station={station} />
      <StartDialog {...dialog} opened={open === "start"} />
      <UnlockDialog {...dialog} opened={open === "unlock"} />
      <ResetDialog {...dialog} opened={open === "reset"} />
      <AvailabilityDialog {...dialog} opened={open === "availability"} />
      <MessageDialog {...dialog} opened={open === "message"} />
      <Settings station={station} opened={open === "settings"} onClose={close} />
      <AnyCommand {...dialog} opened={open === "any"} />
      <RawCall station={station} opened={open === "raw"} onClose={close} />
    </>
  );
}
