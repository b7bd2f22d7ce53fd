import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { notify, tableCss } from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useAway } from "./live/useAway";

interface Props {
  name: string;
  restore: () => Promise<unknown>;
  /** What has to be fetched anew then, by the beginning of its key. */
  changes: string[];
}

/** Brings back what was removed. Where its name or id is in use again, the server says so. */
export function RestoreButton({ name, restore, changes }: Props) {
  const queries = useQueryClient();
  const away = useAway() !== null;
  const run = useMutation({
    mutationFn: restore,
    onSuccess: () => { notify.done(t`${name} is back`); },
    onError: notify.failed,
    onSettled: () => Promise.all(changes.map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  });
  return (
    <div className={tableCss.above}>
      <Button
        size="compact-sm" variant="subtle" color="gray" loading={run.isPending} disabled={away}
        onClick={() => { run.mutate(); }} aria-label={t`Restore ${name}`}
      >
        <Trans>Restore</Trans>
      </Button>
    </div>
  );
}
