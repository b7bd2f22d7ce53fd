import { t } from "@lingui/core/macro";
import { Checkbox, MultiSelect, NumberInput, Select, TagsInput, TextInput } from "@mantine/core";
import type { AlertRule, UserAccount } from "@stationmaster/api";
import { Form, FormPart, needed, optional, Pair } from "@stationmaster/ui";
import * as v from "valibot";
import { orNull, sentDecimal } from "../../fields";
import { useList } from "../../lists";
import { useManagedForm, type FormProps } from "../../managed/useManagedForm";
import { usersQuery } from "../../queries";
import { roleWord } from "../../roles";
import { useMay } from "../../user";
import { SiteInput } from "../chargers/SiteInput";
import { StationInput } from "../chargers/StationInput";
import { channelsQuery } from "./queries";
import { rules } from "./resource";
import { DAY_MINUTES, kindWords, minutesWord, SEVERITIES, severityWord, type AlertKind, type Severity } from "./words";

const ROLES = ["owner", "administrator", "technician", "operator", "viewer"];
const OF_NO_CHARGER: AlertKind[] = ["wallet_low", "payment_failed", "late", "disk_full"];
const NOBODY = { roles: [], users: [], addresses: [], channels: [] };

function typed(rule: AlertRule | null) {
  const tell = rule?.tell ?? { ...NOBODY, roles: ["owner", "administrator"] };
  const next = rule?.escalate_to ?? NOBODY;
  return {
    name: rule?.name ?? "",
    kind: (rule?.kind ?? "offline") as string,
    severity: (rule?.severity ?? "warning") as string,
    active: rule?.active ?? true,
    site: rule?.site ?? "",
    station: rule?.station ?? "",
    // Of a certificate in days.
    minutes: (rule?.minutes ? rule.minutes / (rule.kind === "certificate_expiring" ? DAY_MINUTES : 1) : "") as number | string,
    amount: rule?.amount ?? "",
    at_time: rule?.at_time ?? "",
    quiet_from: rule?.quiet_from ?? "",
    quiet_until: rule?.quiet_until ?? "",
    roles: tell.roles ?? [],
    users: tell.users ?? [],
    addresses: tell.addresses ?? [],
    channels: tell.channels ?? [],
    tell_resolved: rule?.tell_resolved ?? true,
    escalate_after_minutes: (rule?.escalate_after_minutes ?? "") as number | string,
    next_roles: next.roles ?? [],
    next_users: next.users ?? [],
    next_addresses: next.addresses ?? [],
    next_channels: next.channels ?? [],
  };
}

type Typed = ReturnType<typeof typed>;
export type RuleFacts = ReturnType<typeof facts>;

function facts(values: Typed) {
  const kind = values.kind as AlertKind;
  const after = values.escalate_after_minutes === "" ? null : Number(values.escalate_after_minutes);
  const next = { roles: values.next_roles, users: values.next_users, addresses: values.next_addresses, channels: values.next_channels };
  return {
    name: values.name.trim(),
    kind,
    severity: values.severity as Severity,
    active: values.active,
    site: OF_NO_CHARGER.includes(kind) ? null : orNull(values.site),
    station: OF_NO_CHARGER.includes(kind) ? null : orNull(values.station),
    minutes: values.minutes === "" || minutesWord(kind) === null ? null : Math.round(Number(values.minutes) * (kind === "certificate_expiring" ? DAY_MINUTES : 1)),
    amount: kind === "wallet_low" || kind === "disk_full" ? orNull(sentDecimal(values.amount)) : null,
    at_time: kind === "digest" ? orNull(values.at_time) : null,
    quiet_from: orNull(values.quiet_from),
    quiet_until: orNull(values.quiet_until),
    tell: { roles: values.roles, users: values.users, addresses: values.addresses, channels: values.channels },
    tell_resolved: values.tell_resolved,
    escalate_after_minutes: after,
    escalate_to: after === null ? null : next,
  };
}

/** What is watched for, and who is told. */
export function RuleForm({ one, onDone }: FormProps<AlertRule>) {
  const texts = () => v.array(v.string());
  const emails = () => v.array(v.pipe(v.string(), v.trim(), v.email((issue) => t`${issue.received} is no e-mail address`)));
  const count = () => v.union([v.string(), v.number()]);
  const form = useManagedForm<AlertRule, RuleFacts, Typed>({
    resource: rules, one, onDone, typed, facts, conflict: "name",
    schema: v.object({
      name: needed(200), kind: v.string(), severity: v.string(), active: v.boolean(), site: optional(200), station: optional(48), minutes: count(), amount: optional(20),
      at_time: optional(5), quiet_from: optional(5), quiet_until: optional(5), roles: texts(), users: texts(), addresses: emails(), channels: texts(), tell_resolved: v.boolean(),
      escalate_after_minutes: count(), next_roles: texts(), next_users: texts(), next_addresses: emails(), next_channels: texts(),
    }),
  });
  const { fields } = form;
  const channels = useList(channelsQuery()).rows.map(({ id, name }) => ({ value: id, label: name }));
  const people = usePeople();
  const { kind: chosen } = fields.values;
  const kind = chosen as AlertKind;
  const kinds = kindWords();
  const minutes = minutesWord(kind);
  const roles = ROLES.map((value) => ({ value, label: roleWord(value) }));
  return (
    <Form form={form} action={one ? t`Save` : t`Add rule`} testid="rule-submit">
      <TextInput label={t`Name`} required data-autofocus data-testid="rule-name" {...fields.getInputProps("name")} />
      <Pair>
        <Select
          label={t`What is watched for`} data={Object.entries(kinds).map(([value, label]) => ({ value, label }))} allowDeselect={false} disabled={one !== undefined}
          data-testid="rule-kind" {...fields.getInputProps("kind")}
        />
        <Select label={t`Severity`} data={SEVERITIES.map((value) => ({ value, label: severityWord(value) }))} allowDeselect={false} {...fields.getInputProps("severity")} />
      </Pair>
      {minutes !== null && (
        <NumberInput label={minutes} description={t`Left empty, as it is usual`} min={1} max={527040} allowDecimal={false} data-testid="rule-minutes" {...fields.getInputProps("minutes")} />
      )}
      {kind === "wallet_low" && <TextInput label={t`Less than`} description={t`In the currency of the wallet`} inputMode="decimal" {...fields.getInputProps("amount")} />}
      {kind === "disk_full" && <TextInput label={t`Full to`} rightSection="%" inputMode="decimal" {...fields.getInputProps("amount")} />}
      {kind === "digest" && <TextInput label={t`At`} type="time" description={t`By the clock of the site`} {...fields.getInputProps("at_time")} />}
      {!OF_NO_CHARGER.includes(kind) && (
        <FormPart title={t`Where: everywhere, if neither is named`}>
          <Pair>
            <SiteInput placeholder={t`All sites`} {...fields.getInputProps("site")} />
            <StationInput placeholder={t`All chargers`} {...fields.getInputProps("station")} />
          </Pair>
        </FormPart>
      )}
      <FormPart title={t`Who is told`}>
        <MultiSelect label={t`Roles, by e-mail`} data={roles} hidePickedOptions {...fields.getInputProps("roles")} />
        {people && <MultiSelect label={t`People`} data={people} searchable hidePickedOptions {...fields.getInputProps("users")} />}
        <TagsInput label={t`E-mail addresses`} placeholder={t`Type one, then Enter`} data-testid="rule-addresses" {...fields.getInputProps("addresses")} />
        <MultiSelect label={t`Channels`} data={channels} hidePickedOptions {...fields.getInputProps("channels")} />
        <Checkbox label={t`Also when it is over`} {...fields.getInputProps("tell_resolved", { type: "checkbox" })} />
      </FormPart>
      <FormPart title={t`Quiet hours, by the clock of the site`}>
        <Pair>
          <TextInput label={t`From`} type="time" {...fields.getInputProps("quiet_from")} />
          <TextInput label={t`Until`} type="time" {...fields.getInputProps("quiet_until")} />
        </Pair>
      </FormPart>
      <FormPart title={t`If nobody looks after it`}>
        <NumberInput label={t`After so many minutes`} description={t`Empty: never`} min={1} max={527040} allowDecimal={false} {...fields.getInputProps("escalate_after_minutes")} />
        {fields.values.escalate_after_minutes !== "" && (
          <>
            <MultiSelect label={t`These roles are told`} data={roles} hidePickedOptions {...fields.getInputProps("next_roles")} />
            {people && <MultiSelect label={t`And these people`} data={people} searchable hidePickedOptions {...fields.getInputProps("next_users")} />}
            <TagsInput label={t`And these addresses`} {...fields.getInputProps("next_addresses")} />
            <MultiSelect label={t`And these channels`} data={channels} hidePickedOptions {...fields.getInputProps("next_channels")} />
          </>
        )}
      </FormPart>
      <Checkbox label={t`In use`} {...fields.getInputProps("active", { type: "checkbox" })} />
    </Form>
  );
}

/** Who may sign in, for who may see that. */
function usePeople(): { value: string; label: string }[] | null {
  const may = useMay("manage_users");
  const { rows } = useList<UserAccount>({ ...usersQuery(), enabled: may });
  return may ? rows.filter((each) => each.role !== "driver").map(({ id, email }) => ({ value: id, label: email })) : null;
}
