import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, client, type Simulation, type Structure } from "@stationmaster/api";
import { local, money, Note, Problem } from "@stationmaster/ui";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import css from "./Tariff.module.css";

type Asked = { tariff: string } | { draft: { currency: string; structure: Structure } };

const SHOWN = 10;
const DAYS = 30;

/** What the sessions of the last month would have come to under a tariff, before it is anybody's. */
export function LastMonth({ asked }: { asked: Asked | null }) {
  const simulation = useMutation({
    mutationFn: (body: Asked) => {
      const now = Date.now();
      const during = { from: new Date(now - DAYS * 86_400_000).toISOString(), to: new Date(now).toISOString() };
      return answered(client.POST("/api/v1/tariffs/simulations", { body: { ...body, ...during } }));
    },
  });
  return (
    <div className={css.part}>
      <div>
        <Button variant="default" size="sm" disabled={asked === null} loading={simulation.isPending} onClick={() => { if (asked) simulation.mutate(asked); }} data-testid="simulate">
          <Trans>Try it on the sessions of the last 30 days</Trans>
        </Button>
      </div>
      <Problem error={simulation.error} />
      {simulation.data && <Compared found={simulation.data} />}
    </div>
  );
}

function Compared({ found }: { found: Simulation }) {
  const { currency } = found;
  const amount = (text: string | null) => (text === null ? "–" : money(text, currency));
  if (found.looked_at === 0) return <p className="dim"><Trans>No session ended between {local(found.from)} and {local(found.to)}.</Trans></p>;
  return (
    <>
      <table className={css.compared} aria-label={t`The last 30 days under this tariff`}>
        <thead>
          <tr>
            <th scope="col"><Trans>Session</Trans></th>
            <th scope="col"><Trans>As it was</Trans></th>
            <th scope="col"><Trans>Under this tariff</Trans></th>
          </tr>
        </thead>
        <tbody>
          {found.items.slice(0, SHOWN).map((one) => (
            <tr key={one.session}>
              <th scope="row">
                <Link to="/sessions/$id" params={{ id: one.session }}>{local(one.started_at)}</Link>
              </th>
              <td className="num">{amount(one.before)}</td>
              <td className="num">{amount(one.after)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row"><Trans>All {found.looked_at - found.not_compared}</Trans></th>
            <td className="num">{amount(found.before)}</td>
            <td className="num">{amount(found.after)}</td>
          </tr>
        </tfoot>
      </table>
      <p className="dim small">
        <Trans>{found.dearer} would have cost more, {found.cheaper} less. The list has those that differ most.</Trans>
      </p>
      {found.not_compared > 0 && (
        <Note tone="unavailable"><Trans>{found.not_compared} sessions have no price now, or one in another currency, and are not in the sums.</Trans></Note>
      )}
    </>
  );
}
