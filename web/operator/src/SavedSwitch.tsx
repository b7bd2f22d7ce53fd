import { Switch, type SwitchProps } from "@mantine/core";
import { notify } from "@stationmaster/ui";
import { useState } from "react";
import { useAway } from "./live/useAway";

interface Props extends Omit<SwitchProps, "checked" | "onChange"> {
  on: boolean;
  /** Tells the server, and is done when `on` says what holds now. */
  save: (wanted: boolean) => Promise<unknown>;
}

/** A switch that is saved as soon as it is turned: it stands as wanted from the turn on, and as the server says once that is known. */
export function SavedSwitch({ on, save, disabled = false, ...rest }: Props) {
  const [wanted, setWanted] = useState<boolean | null>(null);
  const away = useAway() !== null;
  const turn = async (next: boolean) => {
    setWanted(next);
    await save(next).catch(notify.failed);
    setWanted(null);
  };
  return <Switch checked={wanted ?? on} disabled={disabled || away || wanted !== null} onChange={(event) => { void turn(event.currentTarget.checked); }} {...rest} />;
}
