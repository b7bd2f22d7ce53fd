import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, client } from "@stationmaster/api";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { BulkDialog } from "../../bulk/BulkDialog";
import { refresh } from "../../managed/resource";
import { cards, named, type Card } from "./resource";

type Status = "accepted" | "blocked";

/** Blocks or unblocks several cards at once. */
export function BulkBlock({ chosen }: { chosen: Card[] }) {
  const queries = useQueryClient();
  const [status, setStatus] = useState<Status>("blocked");
  const [rows, setRows] = useState<Card[] | null>(null);
  const show = (next: Status) => () => {
    setStatus(next);
    setRows(chosen);
  };
  const blocking = status === "blocked";
  return (
    <>
      <Button size="xs" variant="default" onClick={show("blocked")} data-testid="bulk-block">
        <Trans>Block…</Trans>
      </Button>
      <Button size="xs" variant="default" onClick={show("accepted")} data-testid="bulk-unblock">
        <Trans>Unblock…</Trans>
      </Button>
      <BulkDialog
        rows={rows ?? []}
        opened={rows !== null}
        onClose={() => { setRows(null); }}
        idOf={(card) => card.id}
        nameOf={(card) => (card.label ? `${card.uid} · ${card.label}` : card.uid)}
        title={blocking ? t`Block these cards?` : t`Unblock these cards?`}
        action={blocking ? t`Block` : t`Unblock`}
        danger={blocking}
        plan={(card) => {
          if (card.status === status) return { words: blocking ? t`Is blocked already: left out` : t`Is not blocked: left out`, skip: true };
          return { words: blocking ? t`Can no longer start a charger` : t`Can start chargers again` };
        }}
        run={async (card) => {
          await answered(client.PATCH("/api/v1/tokens/{uid}", { params: named(card.id), body: { status } }));
          return blocking ? t`Blocked` : t`Unblocked`;
        }}
        onDone={() => refresh(queries, cards)}
      />
    </>
  );
}
