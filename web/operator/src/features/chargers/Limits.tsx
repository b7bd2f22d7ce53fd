import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Text } from "@mantine/core";
import type { KeptProfile, Station } from "@stationmaster/api";
import { At, Badge, Confirm, Empty, Problem, Waiting } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { profilesQuery } from "../../queries";
import { Only } from "../../user";
import { Composite } from "./Composite";
import { sentenceOf } from "./commands";
import { LimitFields } from "./LimitFields";
import { isOver, isProfile, limitWords, measuredWords, placeWords, sourceWords, timeWords } from "./limits";
import parts from "./Parts.module.css";
import { FormButton, Section } from "./Section";
import { useCommand, usePossible } from "./useCommand";

/** What limits this charger, as far as is known here; and what the charger makes of it. */
export function Limits({ station }: { station: Station }) {
  const commander = useCommand(station.id);
  const possible = usePossible(station);
  const { data, error, isPending, refetch } = useQuery(profilesQuery(station.id));
  const [clearing, clear] = useState<KeptProfile | "all" | null>(null);
  const ours = data?.some((kept) => kept.source === OURS) ?? false;
  const remove = async (which: KeptProfile | "all") => {
    sentenceOf(await commander.mutateAsync({ name: "clear-charging-profile", body: which === "all" ? {} : { id: which.id } }));
  };
  const buttons = (
    <Only may="operate">
      {ours && (
        <Button variant="default" disabled={!possible} onClick={() => { clear("all"); }}>
          <Trans>Remove all…</Trans>
        </Button>
      )}
      {station.ocpp_version !== "1.6" && (
        <Button
          variant="default"
          disabled={!possible}
          onClick={() => { commander.mutate({ name: "get-charging-profiles", body: {} }); }}
          title={t`Let the charger tell which limits it has`}
        >
          <Trans>Ask the charger</Trans>
        </Button>
      )}
      <FormButton station={station} commander={commander} title={t`Set a limit`} fields={LimitFields} testid="set-limit">
        <Trans>Set a limit…</Trans>
      </FormButton>
    </Only>
  );
  return (
    <>
      <Section station={station} commander={commander} title={t`What limits this charger`} buttons={buttons}>
        <Problem error={error} retry={() => void refetch()} />
        {isPending && <Waiting />}
        {data?.length === 0 && (
          <Empty title={t`No limit is known`}>
            <p>
              <Trans>The charger gives what its connectors can, unless somebody has limited it in another way.</Trans>
            </p>
          </Empty>
        )}
        {data && data.length > 0 && (
          <ul className={parts.lines} data-testid="limits">
            {data.map((kept) => (
              <Limit key={`${kept.source} ${kept.evse} ${kept.id}`} kept={kept} possible={possible} onClear={clear} />
            ))}
          </ul>
        )}
      </Section>
      <Only may="operate">
        <Composite station={station} />
        <Confirm
          opened={clearing !== null}
          onClose={() => { clear(null); }}
          title={clearing === "all" ? t`Remove all limits?` : t`Remove this limit?`}
          action={t`Remove`}
          run={() => (clearing ? remove(clearing) : Promise.resolve())}
        >
          <Text size="sm">
            <Trans>Cars may take more at once. Limits from elsewhere stay.</Trans>
          </Text>
        </Confirm>
      </Only>
    </>
  );
}

const OURS = "csms";

function Limit({ kept, possible, onClear }: { kept: KeptProfile; possible: boolean; onClear: (kept: KeptProfile) => void }) {
  const { profile } = kept;
  const known = profile !== null && isProfile(profile);
  return (
    <li>
      <div className={parts.row}>
        <strong className="num">{known ? limitWords(profile) : <Trans>A limit from elsewhere</Trans>}</strong>
        <span>{placeWords(kept)}</span>
        {kept.measured && (
          <Badge tone={kept.measured.obeyed ? "good" : "faulted"}>{kept.measured.obeyed ? t`Obeyed` : t`Accepted, but not obeyed`}</Badge>
        )}
        {known && isOver(profile) && <Badge tone="unavailable">{t`Its time is over`}</Badge>}
        {kept.source !== OURS && <Badge tone="busy">{sourceWords(kept.source)}</Badge>}
        {kept.source === OURS && (
          <Only may="operate">
            <Button
              className={parts.push ?? ""} size="compact-sm" variant="subtle" color="gray" disabled={!possible}
              onClick={() => { onClear(kept); }}
            >
              <Trans>Remove…</Trans>
            </Button>
          </Only>
        )}
      </div>
      <div className="dim small">
        {kept.measured && <>{measuredWords(kept.measured)} · </>}
        {known && <>{timeWords(profile)} · </>}
        {known && (profile.stack_level ?? 0) > 0 && <Trans>level {profile.stack_level ?? 0} · </Trans>}
        {kept.source === OURS ? (
          <Trans>
            accepted <At at={kept.at} />
          </Trans>
        ) : (
          <Trans>
            told <At at={kept.at} />
          </Trans>
        )}
      </div>
    </li>
  );
}
