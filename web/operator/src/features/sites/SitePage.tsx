import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { Site, Station } from "@stationmaster/api";
import { Badge, DataTable, Empty, Facts, Icon, Problem, useNow, Waiting } from "@stationmaster/ui";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { useList, useTableState } from "../../lists";
import { ThingPage } from "../../managed/ThingPage";
import { Pictures } from "../../Pictures";
import { siteStationsQuery } from "../../queries";
import thing from "../../thing.module.css";
import { useMay } from "../../user";
import { AddCharger } from "../chargers/AddCharger";
import { fleetColumns } from "../chargers/fleetColumns";
import { clockAt, DAYS, isOpen, works } from "./hours";
import { sites } from "./resource";
import { SiteForm } from "./SiteForm";
import { SiteHost } from "./SiteHost";
import { SiteTariff } from "./SiteTariff";
import { QrSheet } from "./QrSheet";
import css from "./Sites.module.css";
import { SiteBadge } from "./SitesPage";
import { addressLine, dayWord, hoursWord, phaseWord, removeAbout } from "./words";

const route = getRouteApi("/sites/$id");

export function SitePage() {
  const { id } = route.useParams();
  return (
    <ThingPage
      resource={sites}
      id={id}
      list="/sites"
      testid="site"
      badge={(site) => <SiteBadge site={site} />}
      form={(props) => <SiteForm {...props} />}
      formSize="lg"
      words={{ list: t`Sites`, missing: t`There is no such site`, editTitle: t`Edit this site`, removeTitle: t`Remove this site?`, removeAbout }}
    >
      {(site) => <Detail site={site} />}
    </ThingPage>
  );
}

function Detail({ site }: { site: Site }) {
  return (
    <div className={thing.columns}>
      <Chargers site={site} />
      <div className={thing.beside}>
        <div className={thing.columns}>
          <OpeningHours site={site} />
          <section className={`${thing.panel} card`} aria-label={t`Address and contact`}>
            <h2>
              <Trans>Address and contact</Trans>
            </h2>
            <Facts
              items={[
                [t`Address`, <span key="a" className="hostile">{addressLine(site) || "–"}</span>],
                [t`Position`, position(site)],
                [t`Contact`, <span key="c" className="hostile">{site.contact_person ?? "–"}</span>],
                [t`Phone`, site.contact_number ? <a key="p" href={`tel:${site.contact_number}`}>{site.contact_number}</a> : "–"],
                [t`E-mail`, site.contact_email ? <a key="e" className="hostile" href={`mailto:${site.contact_email}`}>{site.contact_email}</a> : "–"],
                [t`Grid`, phaseWord(site.grid_phase)],
                [t`Id`, <span key="i" className="mono hostile">{site.id}</span>],
              ]}
            />
          </section>
        </div>
        <div className={thing.columns}>
          <SiteTariff site={site.id} />
          <QrSheet site={site} />
          <SiteHost site={site.id} />
          <Pictures of="site" id={site.id} name={site.name} />
        </div>
      </div>
    </div>
  );
}

function position({ latitude, longitude }: Site): string {
  if (latitude === null || longitude === null) return "–";
  return `${latitude}, ${longitude}`;
}

/** The week as it hangs at a door. */
function OpeningHours({ site }: { site: Site }) {
  const now = useNow();
  const { day: today, time } = clockAt(site.time_zone, now);
  const open = isOpen(site, now);
  const hours = hoursWord(site.opening_time, site.closing_time);
  return (
    <section className={`${thing.panel} card`} aria-label={t`Opening hours`}>
      <div className={thing.title}>
        <h2>
          <Trans>Opening hours</Trans>
        </h2>
        <Badge tone={open ? "good" : "unavailable"} testid="open-now">{open ? t`Open now` : t`Closed now`}</Badge>
      </div>
      <table className={css.week}>
        <caption className="visually-hidden">
          <Trans>Opening hours of each day</Trans>
        </caption>
        <tbody>
          {DAYS.map((day) => (
            <tr key={day} {...(day === today && { "aria-current": "date" as const })}>
              <th scope="row">{dayWord(day)}</th>
              <td className="num">{works(site, day) ? hours : <span className="dim"><Trans>Closed</Trans></span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="dim small">
        <Trans>By the clock in {site.time_zone}, where it is {time}</Trans>
      </p>
    </section>
  );
}

/** The chargers of the site, live. */
function Chargers({ site }: { site: Site }) {
  const list = useList<Station>(siteStationsQuery(site.name));
  const [state, setState] = useTableState();
  const columns = useMemo(() => fleetColumns({ withSite: false }), []);
  const mayAdd = useMay("administer");
  const [adding, add] = useDisclosure(false);
  const close = () => {
    add.close();
    list.retry();
  };
  return (
    <>
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Chargers`}
          title={t`Chargers`}
          aside={mayAdd && <Button size="xs" variant="default" leftSection={<Icon name="plus" size={14} />} onClick={add.open} data-testid="add-charger-here">{t`Add charger`}</Button>}
          columns={columns}
          rows={list.rows}
          rowId={(station) => station.id}
          state={state}
          onState={setState}
          pages={list.pages}
          rowHeight={64}
          empty={
            <Empty title={t`No charger stands here yet`}>
              <p>
                <Trans>A charger is put on a site when it is added, or with “Edit” on its page.</Trans>
              </p>
            </Empty>
          }
        />
      )}
      {/* Whatever becomes of the list: it shows a password that nobody can see again. */}
      <AddCharger opened={adding} onClose={close} site={site.name} />
    </>
  );
}
