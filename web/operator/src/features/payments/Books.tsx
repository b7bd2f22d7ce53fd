import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, client, type BooksComparison } from "@stationmaster/api";
import { local, money, Note, notify, Problem } from "@stationmaster/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { comparisonsQuery } from "../../money/queries";
import thing from "../../thing.module.css";
import { Only } from "../../user";
import { differenceWord } from "./words";

const DAYS = 7;
const SOON_MS = 3_000;

/** The newest comparison with each provider's books. */
export function Books() {
  const { data, error } = useQuery(comparisonsQuery());
  const newest = new Map<string, BooksComparison>();
  for (const one of data?.items ?? []) if (!newest.has(one.provider)) newest.set(one.provider, one);
  if (error) return <Problem error={error} />;
  if (newest.size === 0) return null;
  return (
    <section className={`${thing.panel} card`} aria-label={t`Books of the providers`}>
      <h2>
        <Trans>Books of the providers</Trans>
      </h2>
      {[...newest.values()].map((one) => (
        <div key={one.provider} className={thing.columns}>
          <div className={thing.spread}>
            <span>
              <b>{one.provider}</b> <span className="dim small">{local(one.since)} – {local(one.until)}</span>
            </span>
            <Only may="handle_money">
              <Compare provider={one.provider} />
            </Only>
          </div>
          {one.differences.length === 0 ? (
            <p className="dim">{plural(one.movements, { one: "The one movement is in both books.", other: "All # movements are in both books." })}</p>
          ) : (
            one.differences.map((each) => (
              <Note key={`${each.what} ${each.reference}`} tone="faulted">
                {differenceWord(each.what)}: <span className="mono hostile">{each.reference}</span>, {local(each.at)}.{" "}
                <Trans>Theirs {money(each.theirs, each.currency)}, ours {money(each.ours, each.currency)}.</Trans>
              </Note>
            ))
          )}
        </div>
      ))}
    </section>
  );
}

function Compare({ provider }: { provider: string }) {
  const queries = useQueryClient();
  const compare = useMutation({
    mutationFn: () => {
      const now = Date.now();
      const body = { provider, since: new Date(now - DAYS * 86_400_000).toISOString(), until: new Date(now).toISOString() };
      return answered(client.POST("/api/v1/payments/comparisons", { body }));
    },
    onSuccess: () => {
      notify.done(t`The books are being compared`);
      setTimeout(() => void queries.invalidateQueries({ queryKey: comparisonsQuery().queryKey }), SOON_MS);
    },
    onError: notify.failed,
  });
  return (
    <Button size="xs" variant="default" loading={compare.isPending} onClick={() => { compare.mutate(); }}>
      <Trans>Compare the last 7 days</Trans>
    </Button>
  );
}
