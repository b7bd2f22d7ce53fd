import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select } from "@mantine/core";
import { Icon, LANGUAGES, notify, PageHead, save } from "@stationmaster/ui";
import { useMutation } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useChosen } from "../../lists";
import { useFocus } from "../../live/useFocus";
import thing from "../../thing.module.css";
import { useMay } from "../../user";
import { SiteSelect } from "../sites/SiteSelect";
import { askedOf, isWhole, reportFile, type Asked, type ReportsSearch } from "./asked";
import { lastPeriods, reportPeriodWord } from "./periods";
import { Preview } from "./Preview";
import css from "./Reports.module.css";
import { Schedules } from "./Schedules";
import { FORMATS, formatWord, KINDS, kindWord, type Format } from "./words";

/** A month or a week on paper, or as a table: looked at, saved, or sent by itself. */
export function ReportsPage() {
  useFocus(null);
  const asked = askedOf(useSearch({ strict: false }) as ReportsSearch);
  const sends = useMay("administer");
  return (
    <>
      <PageHead title={t`Reports`} />
      <div className={thing.columns}>
        <Choice asked={asked} />
        <Preview asked={asked} />
        {sends && <Schedules />}
        <Elsewhere />
      </div>
    </>
  );
}

function Choice({ asked }: { asked: Asked }) {
  const [, chooseReport] = useChosen("report");
  const [, choosePeriod] = useChosen("when");
  const [, chooseSite] = useChosen("site");
  const [, chooseLanguage] = useChosen("language");
  const ofMoney = useMay("view_customers");
  const { months, weeks } = lastPeriods();
  const named = (values: string[]) => values.map((value) => ({ value, label: reportPeriodWord(value) }));
  const known = [...months, ...weeks].includes(asked.period);
  return (
    <section className={`${thing.panel} card`} aria-label={t`Which report`}>
      <div className={css.choice}>
        <Select
          label={t`Report`} data={KINDS.filter((kind) => ofMoney || kind !== "revenue").map((value) => ({ value, label: kindWord(value) }))}
          value={asked.report} onChange={chooseReport} allowDeselect={false} data-testid="report-kind"
        />
        <Select
          label={t`Period`} searchable value={asked.period} onChange={choosePeriod} allowDeselect={false} data-testid="report-period"
          data={[...(known ? [] : named([asked.period])), { group: t`Months`, items: named(months) }, { group: t`Weeks`, items: named(weeks) }]}
        />
        {asked.report !== "revenue" && (
          <SiteSelect
            label={t`Site`} placeholder={asked.report === "uptime" ? t`All sites` : t`Choose a site`} value={asked.site ?? null} onChange={chooseSite}
            data-testid="report-site"
          />
        )}
        <Select
          label={t`Language`} placeholder={t`The organization’s`} data={LANGUAGES.map(([value, label]) => ({ value, label }))} value={asked.language ?? null}
          onChange={chooseLanguage} clearable clearButtonProps={{ "aria-label": t`Clear` }}
        />
        <div className={css.files}>
          {FORMATS.map((format) => <Save key={format} asked={asked} format={format} />)}
        </div>
      </div>
    </section>
  );
}

function Save({ asked, format }: { asked: Asked; format: Format }) {
  const file = useMutation({
    mutationFn: () => reportFile(asked, format),
    onSuccess: (content) => { save(`${asked.report}-${asked.period}.${format}`, content as Blob); },
    onError: notify.failed,
  });
  const word = formatWord(format);
  return (
    <Button
      variant={format === "pdf" ? "filled" : "default"} {...(format === "pdf" && { leftSection: <Icon name="download" size={16} /> })} aria-label={t`Save as ${word}`}
      disabled={!isWhole(asked)} loading={file.isPending} onClick={() => { file.mutate(); }} data-testid={`report-${format}`}
    >
      {word}
    </Button>
  );
}

function Elsewhere() {
  const ofMoney = useMay("view_customers");
  return (
    <p className={`${css.elsewhere} dim small`}>
      {ofMoney && (
        <Trans>
          Statements of customers are on <Link to="/customers">their pages</Link>; files of whole months that go to the accountant by themselves, by HTTPS or to S3, are on the page{" "}
          <Link to="/revenue">Revenue</Link>.
        </Trans>
      )}
      {" "}
      <Trans>
        Figures of any time are under <Link to="/analytics">Analytics</Link>.
      </Trans>
    </p>
  );
}
