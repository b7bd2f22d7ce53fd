import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Checkbox, Select, Switch, Textarea, TextInput } from "@mantine/core";
import type { Site } from "@stationmaster/api";
import { Form, FormPart, needed, optional, Pair } from "@stationmaster/ui";
import { useMemo } from "react";
import * as v from "valibot";
import { orNull, sentDecimal } from "../../fields";
import { useManagedForm, type FormProps } from "../../managed/useManagedForm";
import { OwnIdInput, ownId } from "../../OwnIdInput";
import { DAYS, zones, type Day } from "./hours";
import { sites } from "./resource";
import css from "./Sites.module.css";
import { dayWord, phaseWord, siteWords, STATUSES } from "./words";

function typed(site: Site | null) {
  return {
    id: "",
    name: site?.name ?? "",
    status: (site?.status ?? "active") as string,
    address: site?.address ?? "",
    postal_code: site?.postal_code ?? "",
    city: site?.city ?? "",
    state: site?.state ?? "",
    country: site?.country ?? "",
    latitude: site?.latitude?.toString() ?? "",
    longitude: site?.longitude?.toString() ?? "",
    grid_phase: site?.grid_phase ?? null as string | null,
    time_zone: site === null ? here() : site.time_zone,
    working_days: (site?.working_days ?? DAYS) as string[],
    whole_day: !site?.opening_time,
    opening_time: site?.opening_time ?? "",
    // A field for times knows no 24:00; midnight is the same there.
    closing_time: site?.closing_time?.replace("24:00", "00:00") ?? "",
    contact_person: site?.contact_person ?? "",
    contact_number: site?.contact_number ?? "",
    contact_email: site?.contact_email ?? "",
  };
}

/** The zone of who adds a site, for most sites are near. */
function here(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

type Typed = ReturnType<typeof typed>;

export function SiteForm({ one, onDone }: FormProps<Site>) {
  const form = useManagedForm({ resource: sites, one, onDone, typed, facts, schema: schema(), conflict: "name" });
  const adding = one === undefined;
  const { fields } = form;
  const present = fields.values.time_zone;
  const zoneNames = useMemo(() => zones(one?.value.time_zone ?? ""), [one]);
  return (
    <Form form={form} action={adding ? t`Add site` : t`Save`} testid="site-submit">
      <TextInput label={t`Name`} required data-autofocus data-testid="site-name" {...fields.getInputProps("name")} />
      <Pair>
        <Select
          label={t`State`}
          data={STATUSES.map((value) => ({ value, label: siteWords(value).word }))}
          allowDeselect={false}
          {...fields.getInputProps("status")}
        />
        <Select
          label={t`Grid`}
          placeholder={phaseWord(null)}
          data={(["single_phase", "three_phase"] as const).map((value) => ({ value, label: phaseWord(value) }))}
          clearable
          {...fields.getInputProps("grid_phase")}
        />
      </Pair>
      {adding && <OwnIdInput {...fields.getInputProps("id")} />}
      <FormPart title={t`Address`}>
        <Textarea label={t`Street`} autosize minRows={1} maxRows={4} {...fields.getInputProps("address")} />
        <Pair>
          <TextInput label={t`Postal code`} {...fields.getInputProps("postal_code")} />
          <TextInput label={t`City`} data-testid="site-city" {...fields.getInputProps("city")} />
          <TextInput label={t`State or region`} {...fields.getInputProps("state")} />
          <TextInput label={t`Country`} {...fields.getInputProps("country")} />
          <TextInput label={t`Latitude`} placeholder="52.5163" inputMode="decimal" data-testid="site-latitude" {...fields.getInputProps("latitude")} />
          <TextInput label={t`Longitude`} placeholder="13.3777" inputMode="decimal" data-testid="site-longitude" {...fields.getInputProps("longitude")} />
        </Pair>
      </FormPart>
      <FormPart title={t`Opening hours`}>
        <Checkbox.Group label={t`Open on`} {...fields.getInputProps("working_days")}>
          <div className={css.days}>
            {DAYS.map((day) => <Checkbox key={day} value={day} label={dayWord(day)} />)}
          </div>
        </Checkbox.Group>
        <Switch label={t`The whole day`} data-testid="site-whole-day" {...fields.getInputProps("whole_day", { type: "checkbox" })} />
        {!fields.values.whole_day && (
          <Pair>
            <TextInput label={t`Opens at`} type="time" required data-testid="site-opens" {...fields.getInputProps("opening_time")} />
            <TextInput
              label={t`Closes at`} type="time" required data-testid="site-closes"
              {...(overMidnight(fields.values) && { description: t`The next day` })}
              inputWrapperOrder={["label", "input", "description", "error"]}
              {...fields.getInputProps("closing_time")}
            />
          </Pair>
        )}
        <Select
          label={t`Time zone`}
          description={t`The clock that opening hours, prices by time and exported times go by`}
          placeholder={t`That of this server`}
          data={zoneNames}
          searchable
          limit={80}
          nothingFoundMessage={t`No such zone`}
          {...fields.getInputProps("time_zone")}
          value={present || null}
          onChange={(value) => { fields.setFieldValue("time_zone", value ?? ""); }}
        />
      </FormPart>
      <FormPart title={t`Contact`}>
        <TextInput label={t`Name of the contact`} {...fields.getInputProps("contact_person")} />
        <Pair>
          <TextInput label={t`Phone`} type="tel" autoComplete="off" {...fields.getInputProps("contact_number")} />
          <TextInput label={t`E-mail`} type="email" autoComplete="off" data-testid="site-email" {...fields.getInputProps("contact_email")} />
        </Pair>
      </FormPart>
      {adding && (
        <p className="dim small">
          <Trans>Chargers are put on the site when they are added or edited.</Trans>
        </p>
      )}
    </Form>
  );
}

function overMidnight({ opening_time, closing_time }: Typed): boolean {
  return opening_time !== "" && closing_time !== "" && closing_time <= opening_time;
}

export type SiteFacts = ReturnType<typeof facts>;

function facts(values: Typed) {
  const days = DAYS.filter((day) => values.working_days.includes(day)) as Day[];
  return {
    name: values.name.trim(),
    status: values.status as Site["status"],
    address: orNull(values.address),
    postal_code: orNull(values.postal_code),
    city: orNull(values.city),
    state: orNull(values.state),
    country: orNull(values.country),
    latitude: coordinate(values.latitude),
    longitude: coordinate(values.longitude),
    grid_phase: values.grid_phase as Site["grid_phase"],
    ...(values.time_zone && { time_zone: values.time_zone }),
    working_days: days.length === DAYS.length ? null : days,
    opening_time: values.whole_day ? null : values.opening_time,
    closing_time: values.whole_day ? null : values.closing_time,
    contact_person: orNull(values.contact_person),
    contact_number: orNull(values.contact_number),
    contact_email: orNull(values.contact_email),
  };
}

function coordinate(text: string): number | null {
  return text.trim() === "" ? null : Number(sentDecimal(text));
}

function schema() {
  const degrees = (most: number) =>
    v.pipe(
      v.string(),
      v.trim(),
      v.check((text) => text === "" || (/^-?\d+([.,]\d+)?$/.test(text) && Math.abs(Number(sentDecimal(text))) <= most), t`Degrees from −${most} to ${most}, such as 52.5163`),
    );
  const phone = v.pipe(optional(20), v.check((text) => text === "" || /^\+?[0-9][0-9 ()./-]*$/.test(text), t`A phone number, such as +49 30 1234567`));
  const email = v.pipe(optional(255), v.check((text) => text === "" || /^[^@\s]+@[^@\s]+$/.test(text), t`An e-mail address, such as jane@example.com`));
  const bothOrNone = (one: "latitude" | "longitude", other: "latitude" | "longitude") =>
    v.forward(v.check((values: Typed) => values[one].trim() !== "" || values[other].trim() === "", t`Latitude and longitude, or neither`), [one]);
  const timed = (name: "opening_time" | "closing_time") =>
    v.forward(v.check((values: Typed) => values.whole_day || /^\d\d:\d\d$/.test(values[name]), t`Please fill this in`), [name]);
  return v.pipe(
    v.object({
      id: ownId(),
      name: needed(200),
      status: v.string(),
      address: optional(500),
      postal_code: optional(20),
      city: optional(100),
      state: optional(100),
      country: optional(100),
      latitude: degrees(90),
      longitude: degrees(180),
      grid_phase: v.nullable(v.string()),
      time_zone: v.string(),
      working_days: v.pipe(v.array(v.string()), v.minLength(1, t`At least one day; a site that is never open is not in operation`)),
      whole_day: v.boolean(),
      opening_time: v.string(),
      closing_time: v.string(),
      contact_person: optional(200),
      contact_number: phone,
      contact_email: email,
    }),
    bothOrNone("latitude", "longitude"),
    bothOrNone("longitude", "latitude"),
    timed("opening_time"),
    timed("closing_time"),
  );
}
