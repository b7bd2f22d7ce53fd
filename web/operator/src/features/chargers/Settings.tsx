import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { ActionIcon, Button, Modal, TextInput } from "@mantine/core";
import type { Command, Station } from "@stationmaster/api";
import { Badge, Icon, Problem, Waiting } from "@stationmaster/ui";
import { useState } from "react";
import { commandName, ownWord, statusWords } from "./commands";
import css from "./Charger.module.css";
import { useCommand } from "./useCommand";

interface Setting {
  key: string;
  value: string | null;
  readonly: boolean;
}

/** The charger's configuration keys: read when the dialog opens, changed one by one. */
export function Settings({ station, opened, onClose }: { station: Station; opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={t`Settings of this charger`} size="lg">
      {opened && <Keys station={station} />}
    </Modal>
  );
}

function Keys({ station }: { station: Station }) {
  const read = useCommand(station.id);
  const change = useCommand(station.id);
  const [search, setSearch] = useState("");
  const [editing, setEditing] = useState<string | null>(null);
  const fetch = () => {
    read.mutate({ name: "get-configuration", body: {} });
  };

  if (read.isIdle) {
    return (
      <div className={css.form}>
        <p className="small">
          <Trans>Reads every setting the charger has. Some chargers need a few seconds.</Trans>
        </p>
        <Button onClick={fetch} data-testid="settings-read">
          <Trans>Read settings</Trans>
        </Button>
      </div>
    );
  }
  if (read.isPending) return <Waiting />;
  if (read.error) return <Problem error={read.error} retry={fetch} />;
  if (read.data?.status !== "accepted") {
    return read.data ? <Verdict command={read.data} /> : null;
  }
  const all = settings(read.data.response);
  const shown = all.filter((s) => s.key.toLowerCase().includes(search.toLowerCase()));
  return (
    <div className={css.form}>
      <TextInput
        type="search"
        aria-label={t`Search settings`}
        placeholder={t`Search ${all.length} settings`}
        leftSection={<Icon name="search" size={16} />}
        value={search}
        onChange={(e) => {
          setSearch(e.currentTarget.value);
        }}
      />
      {change.error ? <Problem error={change.error} /> : change.data && <Verdict command={change.data} />}
      <ul className={css.settings}>
        {shown.map((setting) => (
          <li key={setting.key}>
            {editing === setting.key ? (
              <Edit
                setting={setting}
                busy={change.isPending}
                onCancel={() => {
                  setEditing(null);
                }}
                onSave={(value) => {
                  change.mutate(
                    { name: "change-configuration", body: { key: setting.key, value } },
                    {
                      onSuccess: () => {
                        setEditing(null);
                        fetch();
                      },
                    },
                  );
                }}
              />
            ) : (
              <>
                <span className="hostile">{setting.key}</span>
                <span className="mono hostile">{setting.value ?? ""}</span>
                {setting.readonly ? (
                  <span className="dim small">
                    <Trans>read-only</Trans>
                  </span>
                ) : (
                  <Button size="compact-sm" variant="subtle" color="gray" onClick={() => { setEditing(setting.key); }} aria-label={t`Change ${setting.key}`}>
                    <Trans>Change</Trans>
                  </Button>
                )}
              </>
            )}
          </li>
        ))}
      </ul>
      {shown.length === 0 && (
        <p className="dim small">
          <Trans>No setting has “{search}” in its name.</Trans>
        </p>
      )}
    </div>
  );
}

function Edit({ setting, busy, onSave, onCancel }: { setting: Setting; busy: boolean; onSave: (value: string) => void; onCancel: () => void }) {
  const [value, setValue] = useState(setting.value ?? "");
  return (
    <form
      className={css.edit}
      onSubmit={(event) => {
        event.preventDefault();
        onSave(value);
      }}
    >
      <TextInput label={setting.key} value={value} autoFocus onChange={(e) => { setValue(e.currentTarget.value); }} />
      <Button type="submit" loading={busy}>
        <Trans>Save</Trans>
      </Button>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t`Cancel`} onClick={onCancel}>
        <Icon name="close" />
      </ActionIcon>
    </form>
  );
}

function Verdict({ command }: { command: Command }) {
  const { word, tone } = statusWords(command.status);
  return (
    <div className={css.verdict} role="status">
      <strong className="small">{commandName(command.name)}</strong>
      <Badge tone={tone}>{word}</Badge>
      <span className="small hostile">{[ownWord(command), command.detail].filter(Boolean).join(" · ")}</span>
    </div>
  );
}

/** The keys out of the charger's answer, which may hold anything. */
function settings(response: unknown): Setting[] {
  const found = (response as { configurationKey?: unknown } | null)?.configurationKey;
  if (!Array.isArray(found)) return [];
  return (found as Record<string, unknown>[])
    .filter((s) => typeof s.key === "string")
    .map((s) => ({
      key: String(s.key),
      value: typeof s.value === "string" ? s.value : null,
      readonly: s.readonly === true,
    }))
    .sort((a, b) => a.key.localeCompare(b.key, "en"));
}
