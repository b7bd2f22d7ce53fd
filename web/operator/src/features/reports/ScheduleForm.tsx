import { t } from "@lingui/core/macro";
import { Select, Switch, TagsInput, TextInput } from "@mantine/core";
import type { ReportSchedule } from "@stationmaster/api";
import { Form, LANGUAGES, needed, optional, Pair } from "@stationmaster/ui";
import * as v from "valibot";
import { orNull } from "../../fields";
import { useManagedForm, type FormProps } from "../../managed/useManagedForm";
import { SiteSelect } from "../sites/SiteSelect";
import { schedules } from "./resource";
import { FORMATS, formatWord, KINDS, kindWord, rhythmWord, type Format, type Kind, type Rhythm } from "./words";

const RHYTHMS: readonly Rhythm[] = ["monthly", "weekly"];

const typed = (one: ReportSchedule | null) => ({
  name: one?.name ?? "",
  report: (one?.report ?? "site") as string,
  site: one?.site ?? "",
  rhythm: (one?.rhythm ?? "monthly") as string,
  format: (one?.format ?? "pdf") as string,
  language: (one?.language ?? "") as string,
  receivers: one?.receivers ?? [],
  active: one?.active ?? true,
});

type Typed = ReturnType<typeof typed>;

function facts({ name, report, site, rhythm, format, language, receivers, active }: Typed) {
  return {
    name: name.trim(),
    report: report as Kind,
    site: report === "revenue" ? null : orNull(site),
    rhythm: rhythm as Rhythm,
    format: format as Format,
    language: orNull(language) as ReportSchedule["language"],
    receivers,
    active,
  };
}

export type ScheduleFacts = ReturnType<typeof facts>;

/** Which report goes to whom, and when. */
export function ScheduleForm({ one, onDone }: FormProps<ReportSchedule>) {
  const form = useManagedForm({
    resource: schedules, one, onDone, typed, facts, conflict: "name",
    schema: v.pipe(
      v.object({
        name: needed(200), report: v.string(), site: optional(255), rhythm: v.string(), format: v.string(), language: v.string(), active: v.boolean(),
        receivers: v.pipe(v.array(v.string()), v.minLength(1, t`Name at least one address`), v.maxLength(20, t`20 addresses at the most`)),
      }),
      v.forward(v.check(({ report, site }) => site !== "" || (report !== "site" && report !== "host"), t`Choose the site that it is about`), ["site"]),
    ),
  });
  const { fields } = form;
  const { report, receivers } = fields.values;
  const { value: site, onChange: chooseSite, ...siteProps } = fields.getInputProps("site") as { value: string; onChange: (value: string) => void };
  return (
    <Form form={form} action={one === undefined ? t`Add schedule` : t`Save`} testid="schedule-submit">
      <TextInput label={t`Name`} required data-autofocus data-testid="schedule-name" {...fields.getInputProps("name")} />
      <Select label={t`Report`} data={KINDS.map((value) => ({ value, label: kindWord(value) }))} allowDeselect={false} data-testid="schedule-report" {...fields.getInputProps("report")} />
      {report !== "revenue" && (
        <SiteSelect
          label={t`Site`} required={report !== "uptime"} placeholder={report === "uptime" ? t`All sites` : t`Choose a site`} data-testid="schedule-site"
          value={site || null} onChange={(id) => { chooseSite(id ?? ""); }} {...siteProps}
        />
      )}
      <TagsInput
        label={t`Goes to`} description={t`E-mail addresses, each with Enter`} required placeholder={receivers.length > 0 ? "" : "name@example.com"} type="email"
        clearable acceptValueOnBlur splitChars={[",", ";", " "]} data-testid="schedule-receivers" {...fields.getInputProps("receivers")}
      />
      <Pair>
        <Select
          label={t`When`} description={t`In the morning after it is over`} data={RHYTHMS.map((value) => ({ value, label: rhythmWord(value) }))}
          allowDeselect={false} {...fields.getInputProps("rhythm")}
        />
        <Select label={t`As a file`} description={t`PDF has sums and your name`} data={FORMATS.map((value) => ({ value, label: formatWord(value) }))} allowDeselect={false} {...fields.getInputProps("format")} />
      </Pair>
      <Select
        label={t`Language`} data={[{ value: "", label: t`The organization’s` }, ...LANGUAGES.map(([value, label]) => ({ value, label }))]}
        allowDeselect={false} {...fields.getInputProps("language")}
      />
      <Switch label={t`It is sent`} description={t`Off: a pause; what falls into it is not sent later`} {...fields.getInputProps("active", { type: "checkbox" })} />
    </Form>
  );
}
