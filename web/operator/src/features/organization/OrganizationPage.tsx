import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Select, Switch, TextInput } from "@mantine/core";
import { answered, client, type Organization } from "@stationmaster/api";
import { At, Facts, Form, needed, notify, PageHead, Problem, save, useSentForm, Waiting } from "@stationmaster/ui";
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { useFocus } from "../../live/useFocus";
import thing from "../../thing.module.css";
import { useMay, useRefreshedUser } from "../../user";
import { Billing } from "./Billing";
import { CustomerNotices } from "./CustomerNotices";
import { LookPart } from "./LookPart";

const organizationQuery = () =>
  queryOptions({ queryKey: ["organization"], queryFn: ({ signal }) => answered(client.GET("/api/v1/organization", { signal })) });

/** Whose all this is, and all of it as a file. */
export function OrganizationPage() {
  useFocus(null);
  const { data, error, refetch } = useQuery(organizationQuery());
  return (
    <>
      <PageHead title={t`Organization`} />
      {error && !data ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : data ? (
        <div className={thing.beside}>
          <div className={thing.columns}>
            <About one={data} />
            <CustomerNotices />
            <LookPart />
            <Export one={data} />
          </div>
          <Billing />
        </div>
      ) : (
        <Waiting />
      )}
    </>
  );
}

function About({ one }: { one: Organization }) {
  const queries = useQueryClient();
  const refreshMe = useRefreshedUser();
  const may = useMay("own");
  const form = useSentForm({
    initial: { name: one.name, drivers_start: one.drivers_start, drivers_reserve: one.drivers_reserve },
    schema: v.object({ name: needed(200), drivers_start: v.boolean(), drivers_reserve: v.boolean() }),
    conflict: "name",
    submit: async (values) => {
      const body = { ...values, name: values.name.trim() };
      queries.setQueryData(organizationQuery().queryKey, await answered(client.PATCH("/api/v1/organization", { body })));
      await refreshMe();
      notify.done(t`Saved`);
    },
  });
  return (
    <section className={`${thing.panel} card`} aria-label={t`About`}>
      <h2>
        <Trans>About</Trans>
      </h2>
      <Facts
        items={[
          ...(may ? [] : [[t`Name`, <span key="n" className="hostile">{one.name}</span>] as [string, React.ReactNode]]),
          [t`Here since`, <At key="s" at={one.created_at} />],
          [t`Id`, <span key="i" className="mono hostile">{one.id}</span>],
          ...(may
            ? []
            : ([
                [t`Drivers start chargers in their app`, one.drivers_start ? t`yes` : t`no`],
                [t`Drivers reserve chargers`, one.drivers_reserve ? t`yes` : t`no`],
              ] as [string, React.ReactNode][])),
        ]}
      />
      {may && (
        <Form form={form} action={t`Save`} testid="organization-submit">
          <TextInput label={t`Name`} required data-testid="organization-name" {...form.fields.getInputProps("name")} />
          <Switch
            label={t`Drivers start chargers in their app`} description={t`With a card of theirs that may charge. Off: they show the card at the charger.`}
            data-testid="drivers-start" {...form.fields.getInputProps("drivers_start", { type: "checkbox" })}
          />
          <Switch
            label={t`Drivers reserve chargers`} description={t`One at a time, for an hour at the most`}
            data-testid="drivers-reserve" {...form.fields.getInputProps("drivers_reserve", { type: "checkbox" })}
          />
        </Form>
      )}
    </section>
  );
}

/** All that is here, to take away: for another system, or for safe keeping. */
function Export({ one }: { one: Organization }) {
  const form = useSentForm({
    initial: { format: "jsonl", meter_values: false },
    schema: v.object({ format: v.string(), meter_values: v.boolean() }),
    submit: async ({ format, meter_values }) => {
      const query = { format: format === "csv" ? ("csv" as const) : ("jsonl" as const), meter_values };
      const file = await answered(client.GET("/api/v1/exports/organization", { params: { query }, parseAs: "blob" }));
      save(`${one.name}.zip`, file as unknown as Blob);
    },
  });
  const { fields } = form;
  return (
    <section className={`${thing.panel} card`} aria-label={t`Export`}>
      <h2>
        <Trans>Export</Trans>
      </h2>
      <p className="dim">
        <Trans>Everything that is kept here of your organization, as one ZIP file. Passwords and other secrets are not in it.</Trans>
      </p>
      <Form form={form} action={t`Download`} testid="export-submit">
        <Select
          label={t`Files in it`}
          data={[{ value: "jsonl", label: t`JSON, one object in each line` }, { value: "csv", label: t`CSV, for spreadsheets` }]}
          allowDeselect={false}
          {...fields.getInputProps("format")}
        />
        <Switch
          label={t`With all meter values`} description={t`There may be many millions; it takes a while then`}
          {...fields.getInputProps("meter_values", { type: "checkbox" })}
        />
      </Form>
    </section>
  );
}
