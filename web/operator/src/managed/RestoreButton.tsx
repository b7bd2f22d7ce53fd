import { t } from "@lingui/core/macro";
import { answered, type Answer } from "@stationmaster/api";
import { notify, tableCss } from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { refresh } from "./resource";
import { RowButton } from "./RowButton";

interface Props {
  resource: { key: string; shownBy?: readonly string[]; restore: (id: string) => Promise<Answer<unknown>> };
  one: { id: string; name: string };
}

/** Brings back what was removed. Where its name or id is in use again, the server says so. */
export function RestoreButton({ resource, one: { id, name } }: Props) {
  const queries = useQueryClient();
  const restore = useMutation({
    mutationFn: () => answered(resource.restore(id)),
    onSuccess: () => { notify.done(t`${name} is back`); },
    onError: notify.failed,
    onSettled: () => refresh(queries, resource),
  });
  return (
    <div className={tableCss.above}>
      <RowButton label={t`Restore ${name}`} busy={restore.isPending} run={() => { restore.mutate(); }}>
        {t`Restore`}
      </RowButton>
    </div>
  );
}
