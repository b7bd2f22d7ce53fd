import { t } from "@lingui/core/macro";
import { answered } from "@stationmaster/api";
import { notify, tableCss } from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { refresh, type Resource, type Thing } from "./resource";
import { RowButton } from "./RowButton";

/** Brings back what was removed. Where its name or id is in use again, the server says so. */
export function RestoreButton<T extends Thing>({ resource, one: { id, name } }: { resource: Pick<Resource<T>, "key" | "restore">; one: T }) {
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
