import { plural, t } from "@lingui/core/macro";
import { answered, client, type AlertRule } from "@stationmaster/api";
import { Badge, notify, type Column } from "@stationmaster/ui";
import { ManagedPage } from "../../managed/ManagedPage";
import { RowButton } from "../../managed/RowButton";
import { roleWord } from "../../roles";
import { RuleForm } from "./RuleForm";
import { rules } from "./resource";
import { Tabs } from "./Tabs";
import { kindWords, SEVERITY_TONE, severityWord, whenWord } from "./words";

/** What is watched for, and who is told. */
export function RulesPage() {
  return (
    <ManagedPage
      resource={rules}
      testid="rule"
      above={<Tabs />}
      columns={ruleColumns}
      buttons={(rule) => <SendTest rule={rule} />}
      form={(props) => <RuleForm {...props} />}
      words={{
        title: t`Rules of alerts`,
        add: t`Add rule`,
        addTitle: t`Add a rule`,
        editTitle: t`Edit this rule`,
        search: t`Search rules…`,
        noMatch: t`No rule matches`,
        none: t`No rules yet`,
        noneAbout: t`A rule says what is watched for, where, and who is told.`,
        removeTitle: t`Remove this rule?`,
        removeAbout: (name) => t`Nothing comes of ${name} any more; what is open by it is closed, and nobody is told.`,
      }}
    />
  );
}

function SendTest({ rule }: { rule: AlertRule }) {
  const send = async () => {
    const { messages } = await answered(client.POST("/api/v1/alert-rules/{rule_id}/test", { params: { path: { rule_id: rule.id } } }));
    notify.done(plural(messages, { one: "One test message is on its way; see Messages", other: "# test messages are on their way; see Messages" }));
  };
  return (
    <RowButton label={t`Send a test of ${rule.name}`} run={() => void send().catch(notify.failed)}>{t`Send a test`}</RowButton>
  );
}

function ruleColumns(): Column<AlertRule>[] {
  const kinds = kindWords();
  return [
    {
      id: "name",
      head: t`Rule`,
      value: (rule) => rule.name,
      cell: (rule) => (
        <div className="hostile">
          <strong>{rule.name}</strong>
          {rule.name !== kinds[rule.kind] && <div className="small dim">{kinds[rule.kind]}</div>}
        </div>
      ),
    },
    {
      id: "severity",
      head: t`Severity`,
      value: (rule) => severityWord(rule.severity),
      card: "side",
      cell: (rule) => (rule.active ? <Badge tone={SEVERITY_TONE[rule.severity]}>{severityWord(rule.severity)}</Badge> : <Badge tone="unavailable">{t`Off`}</Badge>),
    },
    {
      id: "when", head: t`When`, value: (rule) => `${whenWord(rule)} · ${where(rule)}`,
      cell: (rule) => (
        <div>
          {whenWord(rule)}
          {(rule.station ?? rule.site) !== null && <div className="small dim hostile">{where(rule)}</div>}
        </div>
      ),
    },
    { id: "tell", head: t`Is told`, value: told, card: "wide", cell: (rule) => <span className="dim hostile">{told(rule)}</span> },
    { id: "quiet", head: t`Quiet`, value: quiet, card: "hidden", extra: true },
  ];
}

function where(rule: AlertRule): string {
  return rule.station ?? rule.site ?? t`Everywhere`;
}

function told(rule: AlertRule): string {
  const { roles = [], users = [], addresses = [], channels = [] } = rule.tell;
  const others = users.length + channels.length;
  const names = [...roles.map(roleWord), ...addresses, ...(others > 0 ? [t`${others} more`] : [])];
  return names.join(", ") || t`Nobody, but for the bell`;
}

function quiet(rule: AlertRule): string {
  return rule.quiet_from === null ? "" : `${rule.quiet_from} – ${rule.quiet_until ?? ""}`;
}
