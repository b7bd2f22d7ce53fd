import { t } from "@lingui/core/macro";
import { answered, client } from "@stationmaster/api";
import { notify } from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { refresh } from "../../managed/resource";
import { RowButton } from "../../managed/RowButton";
import { cards, named, type Card } from "./resource";

export function BlockButton({ card: { id, uid, status } }: { card: Card }) {
  const queries = useQueryClient();
  const blocked = status === "blocked";
  const change = useMutation({
    mutationFn: () => answered(client.PATCH("/api/v1/tokens/{uid}", { params: named(id), body: { status: blocked ? "accepted" : "blocked" } })),
    onError: notify.failed,
    onSettled: () => refresh(queries, cards),
  });
  return (
    <RowButton label={blocked ? t`Unblock ${uid}` : t`Block ${uid}`} busy={change.isPending} run={() => { change.mutate(); }}>
      {blocked ? t`Unblock` : t`Block`}
    </RowButton>
  );
}
