import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, client, type SessionDetail } from "@stationmaster/api";
import { Problem } from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useAway } from "../../live/useAway";
import { Only } from "../../user";
import css from "./Sessions.module.css";

/** A session whose figures are in doubt is held until a person has looked at it. */
export function Reviewed({ session }: { session: SessionDetail }) {
  const queries = useQueryClient();
  const away = useAway() !== null;
  const release = useMutation({
    mutationFn: () => answered(client.POST("/api/v1/sessions/{session_id}/reviewed", { params: { path: { session_id: session.id } } })),
    onSuccess: () =>
      Promise.all(
        [["session", session.id], ["sessions"], ["status"]].map((queryKey) => queries.invalidateQueries({ queryKey })),
      ),
  });
  return (
    <div className={css.reviewed}>
      <span>
        <Trans>This session waits for a person to look at it.</Trans>
      </span>
      <Only may="operate">
        <Button size="compact-sm" variant="default" disabled={away} loading={release.isPending} onClick={() => { release.mutate(); }}>
          <Trans>I have looked at it</Trans>
        </Button>
      </Only>
      <Problem error={release.error} />
    </div>
  );
}
