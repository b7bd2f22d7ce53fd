import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { ActionIcon, Button, Checkbox, Modal, TextInput } from "@mantine/core";
import type { Command, Setting, Station } from "@stationmaster/api";
import { At, Badge, Icon, Problem, Waiting } from "@stationmaster/ui";
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { comparisonQuery, settingsQuery } from "../../queries";
import { Only } from "../../user";
import { commandName, ownWord, statusWords } from "./commands";
import css from "./Charger.module.css";
import { Measurands } from "./Measurands";
import { useCommand } from "./useCommand";

const DAY_MS = 86_400_000;

/** The charger's settings, whatever version it speaks: as it has told them last, read anew and changed one by one. */
export function Settings({ station, opened, onClose }: { station: Station; opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={t`Settings of this charger`} size="lg">
      {opened && <Known station={station} />}
    </Modal>
  );
}

function Known({ station }: { station: Station }) {
  const queries = useQueryClient();
  const read = useCommand(station.id);
  const change = useCommand(station.id);
  const [search, setSearch] = useState("");
  const [since, setSince] = useState<string | undefined>(undefined);
  const [other, setOther] = useState("");
  const [editing, setEditing] = useState<string | null>(null);
  const list = useInfiniteQuery({
    ...settingsQuery(station.id, { q: search || undefined, changed_since: since }),
    placeholderData: keepPreviousData, // or the search would lose its focus at each letter
  });
  const refetch = () => queries.invalidateQueries({ queryKey: ["settings", station.id] });
  const said = change.data ?? read.data;
  const problem = change.error ?? read.error;

  if (list.isPending) return <Waiting />;
  if (list.error) return <Problem error={list.error} retry={() => void list.refetch()} />;
  const shown = list.data.pages.flatMap((page) => page.items);
  return (
    <div className={css.form}>
      <p className="small">
        <Trans>As the charger has told them last. Reading them anew may take some minutes; what has come is shown when you look again.</Trans>
      </p>
      <div className={css.reading}>
        <Button
          variant="default"
          loading={read.isPending}
          onClick={() => {
            read.mutate({ name: "report-settings", body: {} }, { onSuccess: refetch });
          }}
          data-testid="settings-read"
        >
          <Trans>Read settings</Trans>
        </Button>
        <Button variant="subtle" color="gray" onClick={() => void refetch()}>
          <Trans>Look again</Trans>
        </Button>
      </div>
      {problem ? <Problem error={problem} /> : said && <Verdict command={said} />}
      <Only may="operate">
        <Measurands station={station.id} onFound={refetch} />
      </Only>
      <TextInput
        type="search"
        aria-label={t`Search settings`}
        placeholder={t`Search settings`}
        leftSection={<Icon name="search" size={16} />}
        value={search}
        onChange={(e) => {
          setSearch(e.currentTarget.value);
        }}
      />
      <Checkbox
        label={t`Only what has changed since yesterday`}
        checked={since !== undefined}
        onChange={(e) => {
          setSince(e.currentTarget.checked ? new Date(Date.now() - DAY_MS).toISOString() : undefined);
        }}
      />
      <ul className={css.settings}>
        {shown.map((setting) => {
          const row = `${setting.name} ${setting.attribute}`;
          return (
            <li key={row}>
              {editing === row ? (
                <Edit
                  setting={setting}
                  busy={change.isPending}
                  onCancel={() => {
                    setEditing(null);
                  }}
                  onSave={(value) => {
                    change.mutate(
                      { name: "change-settings", body: { changes: [{ setting: setting.name, value, attribute: setting.attribute }] } },
                      {
                        onSuccess: () => {
                          setEditing(null);
                          void refetch();
                        },
                      },
                    );
                  }}
                />
              ) : (
                <>
                  <span className="hostile">{settingName(setting)}</span>
                  <span className="mono hostile">
                    {[setting.value, setting.unit].filter(Boolean).join(" ")}
                    {since !== undefined && setting.changed_at && (
                      <span className="dim small">
                        {" "}
                        <At at={setting.changed_at} />
                      </span>
                    )}
                  </span>
                  {setting.mutability === "read_only" ? (
                    <span className="dim small">
                      <Trans>read-only</Trans>
                    </span>
                  ) : (
                    <Button size="compact-sm" variant="subtle" color="gray" onClick={() => { setEditing(row); }} aria-label={t`Change ${setting.name}`}>
                      <Trans>Change</Trans>
                    </Button>
                  )}
                </>
              )}
            </li>
          );
        })}
      </ul>
      {list.hasNextPage && (
        <Button variant="subtle" color="gray" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          <Trans>Show more</Trans>
        </Button>
      )}
      {shown.length === 0 && (
        <p className="dim small">
          <Trans>No such setting is known of this charger.</Trans>
        </p>
      )}
      <TextInput
        label={t`Compare with another charger`}
        placeholder={t`Its id`}
        value={other}
        onChange={(e) => {
          setOther(e.currentTarget.value);
        }}
      />
      {other !== "" && <Differences station={station.id} other={other} />}
    </div>
  );
}

/** What two chargers have in another value; only what can be changed. */
function Differences({ station, other }: { station: string; other: string }) {
  const found = useQuery(comparisonQuery(station, other));
  if (found.isPending) return <Waiting />;
  if (found.error) return <Problem error={found.error} />;
  if (found.data.count === 0) {
    return (
      <p className="dim small">
        <Trans>They do not differ in what can be changed.</Trans>
      </p>
    );
  }
  return (
    <ul className={`${css.settings} ${css.compared}`}>
      <li className="dim small">
        <span>
          <Trans>Setting</Trans>
        </span>
        <span>
          <Trans>This charger</Trans>
        </span>
        <span className="hostile">{other}</span>
      </li>
      {found.data.differences.map((each) => (
        <li key={`${each.name} ${each.attribute}`}>
          <span className="hostile">{each.name.replace("/", " › ")}</span>
          <span className="mono hostile">{each.told_here ? (each.here ?? "") : t`not told`}</span>
          <span className="mono hostile">{each.told_there ? (each.there ?? "") : t`not told`}</span>
        </li>
      ))}
    </ul>
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
      <TextInput label={settingName(setting)} value={value} autoFocus onChange={(e) => { setValue(e.currentTarget.value); }} />
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

/** "OCPPCommCtrlr › HeartbeatInterval", or the key of 1.6; with the attribute where it is not the actual value. */
function settingName(setting: Setting): string {
  const name = setting.component === null ? setting.name : setting.name.replace("/", " › ");
  return setting.attribute === "actual" ? name : `${name} (${setting.attribute})`;
}
