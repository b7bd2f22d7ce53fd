import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { answered, client } from "@stationmaster/api";
import { notify, Problem } from "@stationmaster/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ThingSelect } from "../../managed/ThingSelect";
import thing from "../../thing.module.css";
import { useMay } from "../../user";
import { siteTariffQuery } from "../tariffs/queries";
import { tariffs } from "../tariffs/resource";

/** What charging costs at a site, unless a charger or a connector there names another tariff. */
export function SiteTariff({ site }: { site: string }) {
  const queries = useQueryClient();
  const may = useMay("administer");
  const named = useQuery(siteTariffQuery(site));
  const choose = async (tariff: string | null) => {
    try {
      await answered(client.PUT("/api/v1/sites/{site_id}/tariff", { params: { path: { site_id: site } }, body: { tariff } }));
      notify.done(t`Saved`);
    } catch (error) {
      notify.failed(error);
    }
    await queries.invalidateQueries({ queryKey: siteTariffQuery(site).queryKey });
  };
  return (
    <section className={`${thing.panel} card`} aria-label={t`Tariff`}>
      <h2>
        <Trans>Tariff</Trans>
      </h2>
      {named.error ? (
        <Problem error={named.error} />
      ) : (
        <ThingSelect
          resource={tariffs}
          aria-label={t`Tariff of this site`}
          description={t`A charger or a connector here may name another`}
          placeholder={t`The standard one, as everywhere`}
          detail={(one) => (one.status === "active" ? one.currency : t`not in use`)}
          value={named.data?.tariff ?? null}
          onChange={(value) => void choose(value)}
          disabled={!may || !named.data}
          data-testid="site-tariff"
        />
      )}
    </section>
  );
}
