import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, TextInput } from "@mantine/core";
import { answered, client, type SiteHost as Host } from "@stationmaster/api";
import { Form, needed, notify, Pair, Problem, useSentForm } from "@stationmaster/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { sentDecimal } from "../../fields";
import { hostQuery } from "../../money/queries";
import thing from "../../thing.module.css";
import { useMay } from "../../user";

/** Whose place a site is, and which share of the net of its sessions is theirs. */
export function SiteHost({ site }: { site: string }) {
  const { data, error } = useQuery(hostQuery(site));
  const may = useMay("administer");
  const host = data?.host ?? null;
  if (!may && host === null && !error) return null;
  return (
    <section className={`${thing.panel} card`} aria-label={t`Host`}>
      <h2>
        <Trans>Host</Trans>
      </h2>
      {error ? (
        <Problem error={error} />
      ) : !may ? (
        <p className="hostile">{host && t`${host.name} gets ${host.percent} % of the net`}</p>
      ) : (
        data && <HostForm key={host ? host.name + String(host.percent) : ""} site={site} host={host} />
      )}
    </section>
  );
}

function HostForm({ site, host }: { site: string; host: Host | null }) {
  const queries = useQueryClient();
  const put = async (named: Host | null) => {
    queries.setQueryData(hostQuery(site).queryKey, await answered(client.PUT("/api/v1/sites/{site_id}/host", { params: { path: { site_id: site } }, body: { host: named } })));
    notify.done(t`Saved`);
  };
  const form = useSentForm({
    initial: { name: host?.name ?? "", percent: host === null ? "" : String(host.percent) },
    schema: v.object({ name: needed(200), percent: needed(12) }),
    submit: ({ name, percent }) => put({ name: name.trim(), percent: sentDecimal(percent) }),
  });
  const drop = useMutation({ mutationFn: () => put(null), onError: notify.failed });
  return (
    <>
      <p className="dim small">
        <Trans>Gets a share of what sessions here bring, for those that are billed from now on.</Trans>
      </p>
      <Form form={form} action={t`Save`} testid="host-submit">
        <Pair>
          <TextInput label={t`Name`} required {...form.fields.getInputProps("name")} />
          <TextInput label={t`Share of the net`} rightSection="%" required inputMode="decimal" autoComplete="off" {...form.fields.getInputProps("percent")} />
        </Pair>
      </Form>
      {host !== null && (
        <div>
          <Button size="compact-sm" variant="subtle" color="gray" loading={drop.isPending} onClick={() => { drop.mutate(); }}>
            <Trans>No host any more</Trans>
          </Button>
        </div>
      )}
    </>
  );
}
