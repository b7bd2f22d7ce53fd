import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Select } from "@mantine/core";
import { answered, client } from "@stationmaster/api";
import { notify, Problem } from "@stationmaster/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { allQuery } from "../../managed/resource";
import thing from "../../thing.module.css";
import { useMay } from "../../user";
import { siteTariffQuery } from "../tariffs/queries";
import { tariffs } from "../tariffs/resource";

/** What charging costs at a site, unless a charger or a connector there names another tariff. */
export function SiteTariff({ site }: { site: string }) {
  const queries = useQueryClient();
  const may = useMay("administer");
  const named = useQuery(siteTariffQuery(site));
  const all = useQuery(allQuery(tariffs));
  const choose = async (tariff: string | null) => {
    try {
      await answered(client.PUT("/api/v1/sites/{site_id}/tariff", { params: { path: { site_id: site } }, body: { tariff } }));
      notify.done(t`Saved`);
    } catch (error) {
      notify.failed(error);
    }
    await queries.invalidateQueries({ queryKey: siteTariffQuery(site).queryKey });
  };
  const choices = all.data ?? [];
  const standard = choices.find((one) => one.standard)?.name;
  const error = named.error ?? all.error;
  return (
    <section className={`${thing.panel} card`} aria-label={t`Tariff`}>
      <h2>
        <Trans>Tariff</Trans>
      </h2>
      {error ? (
        <Problem error={error} />
      ) : (
        <Select
          aria-label={t`Tariff of this site`}
          description={t`A charger or a connector here may name another`}
          placeholder={standard === undefined ? t`None` : t`${standard}, as everywhere`}
          data={choices.map((one) => ({ value: one.id, label: one.status === "active" ? one.name : t`${one.name} (not in use)` }))}
          value={named.data?.tariff ?? null}
          onChange={(value) => void choose(value)}
          disabled={!may || !named.data || !all.data}
          searchable
          limit={80}
          clearable
          clearButtonProps={{ "aria-label": t`Clear` }}
          data-testid="site-tariff"
        />
      )}
    </section>
  );
}
