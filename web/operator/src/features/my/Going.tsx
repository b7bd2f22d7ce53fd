import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, client, type OwnSession } from "@stationmaster/api";
import { Badge, money, Problem } from "@stationmaster/ui";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useAway } from "../../live/useAway";
import thing from "../../thing.module.css";
import { sessionWords, statusWords } from "../../words";
import { Figures } from "../sessions/Figures";
import css from "./My.module.css";
import { priceQuery, requestQuery, UNDER_WAY } from "./queries";
import { Told } from "./Told";
import { placeName } from "./words";

/** A session that goes on, as it is at this moment, and the button that ends it. */
export function Going({ session, details = false }: { session: OwnSession; details?: boolean }) {
  const { data: price } = useQuery({ ...priceQuery(session), retry: false });
  const away = useAway() !== null;
  const stop = useMutation({
    mutationFn: () => answered(client.POST("/api/v1/me/sessions/{session_id}/stop", { params: { path: { session_id: session.id } } })),
  });
  const { data: asked = stop.data } = useQuery(requestQuery(stop.data?.id ?? null));
  const { word, tone } = session.charging_state?.startsWith("Suspended") ? statusWords(session.charging_state) : sessionWords(session);
  return (
    <section className={`${thing.panel} card`} aria-label={t`Charging now`} data-testid="going-on">
      <div className={thing.spread}>
        <h2 className="hostile">{placeName(session)}</h2>
        <Badge tone={tone}>{word}</Badge>
      </div>
      <Figures session={session} cost={price ? money(price.total, price.currency) : undefined} />
      {asked && <Told request={asked} />}
      <Problem error={stop.error} />
      <div className={css.acts}>
        <Button
          size="md" color="danger" loading={stop.isPending || (asked !== undefined && UNDER_WAY.has(asked.state))} disabled={away || asked?.state === "done"}
          onClick={() => { stop.mutate(); }} data-testid="stop"
        >
          <Trans>Stop charging</Trans>
        </Button>
        {details && (
          <Button variant="default" size="md" renderRoot={(props) => <Link to="/my/sessions/$id" params={{ id: session.id }} {...props} />}>
            <Trans>Details</Trans>
          </Button>
        )}
      </div>
    </section>
  );
}
