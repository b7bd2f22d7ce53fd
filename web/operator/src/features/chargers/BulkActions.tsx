import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Radio, Stack, TextInput } from "@mantine/core";
import { answered, client, type CommandRequest, type Station } from "@stationmaster/api";
import { useQuery } from "@tanstack/react-query";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { BulkDialog, type Plan } from "../../bulk/BulkDialog";
import { eachOf } from "../../bulk/each";
import { sentenceOf } from "./commands";
import { send } from "./useCommand";

type Open = "reset" | "availability" | "settings" | null;

/** What can be done with several chargers at once. */
export function BulkActions({ chosen }: { chosen: Station[] }) {
  const [open, setOpen] = useState<Open>(null);
  // The list goes on living beneath the dialog; what is asked about stays as it was.
  const [rows, setRows] = useState<Station[]>([]);
  const show = (what: Open) => () => {
    setRows(chosen);
    setOpen(what);
  };
  const props = { rows, onClose: () => { setOpen(null); } };
  return (
    <>
      <Button size="xs" variant="default" onClick={show("reset")} data-testid="bulk-reset">
        <Trans>Restart…</Trans>
      </Button>
      <Button size="xs" variant="default" onClick={show("availability")} data-testid="bulk-availability">
        <Trans>Availability…</Trans>
      </Button>
      <Button size="xs" variant="default" onClick={show("settings")} data-testid="bulk-settings">
        <Trans>Change a setting…</Trans>
      </Button>
      <ResetMany {...props} opened={open === "reset"} />
      <AvailabilityOfMany {...props} opened={open === "availability"} />
      <SettingOfMany {...props} opened={open === "settings"} />
    </>
  );
}

interface Dialog {
  rows: Station[];
  opened: boolean;
  onClose: () => void;
}

const named = { idOf: (station: Station) => station.id, nameOf: (station: Station) => station.name ?? station.id };

/** A charger that is away can't be asked for anything. */
function unlessAway(plan: (station: Station) => Plan): (station: Station) => Plan {
  return (station) => (station.connected ? plan(station) : { words: t`Not connected: left out`, skip: true });
}

const asked = (request: CommandRequest) => async (station: Station) => sentenceOf(await send(station.id, request));

function ResetMany({ rows, opened, onClose }: Dialog) {
  const [kind, setKind] = useState<"soft" | "hard">("soft");
  return (
    <BulkDialog
      {...{ rows, opened, onClose, ...named }}
      title={t`Restart these chargers?`}
      action={t`Restart now`}
      danger
      plan={unlessAway((station) => ({
        words: station.connectors.some((connector) => connector.session) ? t`Restarts; the running session ends` : t`Restarts`,
      }))}
      run={asked({ name: "reset", body: { kind } })}
    >
      <Radio.Group aria-label={t`How`} value={kind} onChange={(value) => { setKind(value as "soft" | "hard"); }}>
        <Stack gap="sm">
          <Radio value="soft" label={t`Soft`} description={t`Ends running sessions properly, then restarts.`} />
          <Radio value="hard" label={t`Hard`} description={t`Restarts at once, as if the power had been cut.`} />
        </Stack>
      </Radio.Group>
    </BulkDialog>
  );
}

function AvailabilityOfMany({ rows, opened, onClose }: Dialog) {
  const [operative, setOperative] = useState("true");
  const into = operative === "true";
  return (
    <BulkDialog
      {...{ rows, opened, onClose, ...named }}
      title={t`Change availability`}
      action={t`Change`}
      plan={unlessAway((station) => {
        if (into) return { words: station.status === "Unavailable" ? t`Goes into service` : t`Stays in service` };
        return { words: station.connectors.some((connector) => connector.session) ? t`Goes out of service when its session has ended` : t`Goes out of service` };
      })}
      run={asked({ name: "change-availability", body: { evse: 0, operative: into } })}
    >
      <Radio.Group aria-label={t`Availability`} value={operative} onChange={setOperative}>
        <Stack gap="sm">
          <Radio value="true" label={t`In service`} />
          <Radio value="false" label={t`Out of service`} />
        </Stack>
      </Radio.Group>
    </BulkDialog>
  );
}

/** What one charger has told of one setting; undefined for a charger that has not. */
interface Known {
  value: string | null;
  fixed: boolean;
}

/** One setting of many chargers: the name as they tell it, each with the value it has now. */
function SettingOfMany({ rows, opened, onClose }: Dialog) {
  const [typed, setName] = useState("");
  const [value, setValue] = useState("");
  const name = typed.trim();
  const [searched] = useDebouncedValue(name, 300);
  const ids = rows.map((station) => station.id);
  const known = useQuery({
    queryKey: ["settings", "many", searched, ids],
    enabled: opened && searched !== "",
    queryFn: ({ signal }) => valuesOf(ids, searched, signal),
  });
  const ready = name !== "" && value !== "" && name === searched && known.isSuccess;
  return (
    <BulkDialog
      {...{ rows, opened, onClose, ...named, ready }}
      title={t`Change a setting of these chargers`}
      action={t`Change`}
      plan={unlessAway((station) => {
        if (!ready) return { words: t`Name the setting and its new value` };
        const now = known.data.get(station.id);
        if (!now) return { words: t`Has not told of this setting; it is asked all the same` };
        if (now.fixed) return { words: t`Can't be changed here: left out`, skip: true };
        if (now.value === value) return { words: t`Is so already: left out`, skip: true };
        return { words: t`${now.value ?? "–"} becomes ${value}` };
      })}
      run={asked({ name: "change-settings", body: { changes: [{ setting: name, value }] } })}
    >
      <TextInput
        label={t`Setting`}
        description={t`As the chargers name it: HeartbeatInterval, or OCPPCommCtrlr.HeartbeatInterval`}
        value={typed}
        onChange={(event) => { setName(event.currentTarget.value); }}
        data-testid="bulk-setting"
        data-autofocus
      />
      <TextInput label={t`New value`} value={value} onChange={(event) => { setValue(event.currentTarget.value); }} data-testid="bulk-value" />
    </BulkDialog>
  );
}

async function valuesOf(stations: string[], name: string, signal: AbortSignal): Promise<Map<string, Known>> {
  const found = new Map<string, Known>();
  await eachOf(stations, async (station_id) => {
    const page = await answered(
      client.GET("/api/v1/stations/{station_id}/settings", { params: { path: { station_id }, query: { q: name, limit: 200 } }, signal }),
    );
    const setting = page.items.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (setting) found.set(station_id, { value: setting.value, fixed: setting.mutability === "read_only" });
  });
  return found;
}
