import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { Tariff } from "@stationmaster/api";
import { At, Badge, Facts, Problem } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { FormModal } from "../../FormModal";
import { oneQuery } from "../../managed/resource";
import { ThingPage } from "../../managed/ThingPage";
import thing from "../../thing.module.css";
import { Only } from "../../user";
import { structureOf } from "./structures";
import { LastMonth } from "./LastMonth";
import { ElementList, ExampleBill, WeekPicture } from "./Preview";
import { PricesForm } from "./PricesForm";
import { tariffs } from "./resource";
import { TariffForm } from "./TariffForm";
import { Terms } from "./Terms";
import { useExample, usePreview } from "./usePreview";
import { limitWords } from "./elementWords";
import { tariffWord, removeAbout } from "./words";

const route = getRouteApi("/tariffs/$id");

/** One tariff: what it costs at which time, by an example, and what it has cost before. */
export function TariffPage() {
  const { id } = route.useParams();
  return (
    <ThingPage
      resource={tariffs}
      id={id}
      list="/tariffs"
      testid="tariff"
      badge={(one) => one.status === "inactive" && <Badge tone="unavailable">{tariffWord(one.status)}</Badge>}
      form={(props) => <TariffForm {...props} />}
      words={{ list: t`Tariffs`, missing: t`There is no such tariff`, editTitle: t`Edit this tariff`, removeTitle: t`Remove this tariff?`, removeAbout }}
    >
      {(tariff) => <Detail tariff={tariff} />}
    </ThingPage>
  );
}

function Detail({ tariff }: { tariff: Tariff }) {
  const structure = useMemo(() => structureOf(tariff), [tariff]);
  const [example, setExample] = useExample();
  const { data: preview, error } = usePreview(structure, tariff.currency, example);
  const limits = limitWords(structure, tariff.currency);
  return (
    <div className={thing.columns}>
      <div className={thing.beside}>
        <div className={thing.columns}>
          <section className={`${thing.panel} card`} aria-label={t`What it costs`}>
            <div className={thing.spread}>
              <h2>
                <Trans>What it costs</Trans>
              </h2>
              <Only may="administer">
                <ChangePrices tariff={tariff} />
              </Only>
            </div>
            <ElementList structure={structure} currency={tariff.currency} />
            {limits.length > 0 && (
              <ul className="dim small">
                {limits.map((word) => (
                  <li key={word}>{word}</li>
                ))}
              </ul>
            )}
            <Facts
              items={[
                [t`Holds`, tariff.standard ? t`Wherever no other does` : t`Where it is named`],
                [t`Price since`, <At key="s" at={tariff.valid_from} />],
                [t`Currency`, tariff.currency],
                [t`Id`, <span key="i" className="mono hostile">{tariff.id}</span>],
              ]}
            />
          </section>
          {preview && (
            <section className={`${thing.panel} card`} aria-label={t`In a week`}>
              <h2>
                <Trans>In a week</Trans>
              </h2>
              <WeekPicture preview={preview} />
            </section>
          )}
        </div>
        <section className={`${thing.panel} card`} aria-label={t`An example`}>
          <h2>
            <Trans>An example</Trans>
          </h2>
          <Problem error={error} />
          <ExampleBill preview={preview} example={example} onExample={setExample} />
          <LastMonth asked={{ tariff: tariff.id }} />
        </section>
      </div>
      <section className={`${thing.panel} card`} aria-label={t`Prices it has had`}>
        <h2>
          <Trans>Prices it has had</Trans>
        </h2>
        <Terms id={tariff.id} />
      </section>
    </div>
  );
}

function ChangePrices({ tariff }: { tariff: Tariff }) {
  const [opened, { open, close }] = useDisclosure(false);
  const { data } = useQuery(oneQuery(tariffs, tariff.id));
  return (
    <>
      <Button size="xs" variant="default" onClick={open} data-testid="change-prices">
        <Trans>Prices by time and use…</Trans>
      </Button>
      <FormModal opened={opened} onClose={close} title={t`Prices of ${tariff.name}`} size="72rem">
        {data && <PricesForm one={data} onDone={close} />}
      </FormModal>
    </>
  );
}
