import { plural, t } from "@lingui/core/macro";
import type { Alert, AlertNotice, AlertRule } from "@stationmaster/api";
import { duration, local, money, type Shape } from "@stationmaster/ui";

export type AlertKind = Alert["kind"];
export type Severity = Alert["severity"];

export const SEVERITIES: Severity[] = ["critical", "warning", "info"];

export function kindWords(): Record<AlertKind, string> {
  return {
    offline: t`Charger offline`,
    unstable: t`Connection unstable`,
    fault: t`Charger faulty`,
    not_started: t`Plugged in, not started`,
    standing_still: t`Energy stands still`,
    refused_card: t`Refused card is charging`,
    no_heartbeat: t`Connected, but silent`,
    wallet_low: t`Wallet low`,
    payment_failed: t`Payment failed`,
    certificate_expiring: t`Certificate expires`,
    suspicious: t`Suspicious connections`,
    late: t`Messages to others are late`,
    disk_full: t`Disk is full`,
    digest: t`Daily digest`,
  };
}

/** What the facts of an alert say beside its kind and charger; chargers tell some of it. */
export function aboutWord({ kind, facts }: Alert): string {
  const text = (name: string) => {
    const value = facts[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  const told = (...names: string[]) => names.map(text).filter(Boolean).join(" ");
  const evse = text("evse") === "" || text("evse") === "0" ? "" : t`EVSE ${text("evse")}`;
  const all = (...parts: string[]) => parts.filter(Boolean).join(" · ");
  switch (kind) {
    case "offline": {
      const names = Array.isArray(facts.chargers) ? facts.chargers.map(String) : [];
      return names.length === 0 ? "" : t`${plural(names.length, { one: "# charger", other: "# chargers" })} at once: ${names.join(", ")}`;
    }
    case "unstable":
      return t`${text("times")} drops in ${text("minutes")} min`;
    case "fault":
      return all(evse, told("error", "info"));
    case "not_started":
      return evse;
    case "standing_still":
      return all(evse, t`the same meter reading for ${text("minutes")} min`);
    case "refused_card":
      return all(evse, told("why"));
    case "no_heartbeat":
    case "digest":
      return "";
    case "wallet_low":
      return all(text("name"), text("balance") && money(text("balance"), text("currency")));
    case "payment_failed":
      return all(text("name"), text("amount") && money(text("amount"), text("currency")), text("why"));
    case "certificate_expiring":
      return all(text("use"), t`until ${local(text("until"))}`);
    case "suspicious":
      return all(text("what").replaceAll(/[:_]/g, " "), text("detail"));
    case "late":
      return text("queue");
    case "disk_full":
      return `${text("folder")} · ${text("percent")} %`;
  }
}

/** Where it is: the site of the charger, or of several. */
export function siteOf({ facts }: Alert): string | null {
  return typeof facts.site === "string" ? facts.site : null;
}

export function severityWord(severity: Severity): string {
  const words: Record<Severity, string> = { info: t`Information`, warning: t`Warning`, critical: t`Critical` };
  return words[severity];
}

export const SEVERITY_TONE: Record<Severity, Shape> = { info: "available", warning: "busy", critical: "faulted" };

export function stateWord(state: Alert["state"]): string {
  const words: Record<Alert["state"], string> = { open: t`Open`, acknowledged: t`Being looked after`, resolved: t`Over` };
  return words[state];
}

export const STATE_TONE: Record<Alert["state"], Shape> = { open: "faulted", acknowledged: "busy", resolved: "done" };

/** What became of an alert. */
export function stepWord(what: string): string {
  const words: Record<string, string> = {
    opened: t`Opened`,
    told: t`Told`,
    escalated: t`Told to those who come next`,
    acknowledged: t`Somebody looks after it`,
    joined: t`Another one of the same`,
    resolved: t`Over`,
  };
  return words[what] ?? what;
}

export function noticeState(state: AlertNotice["state"]): { word: string; tone: Shape } {
  const words: Record<AlertNotice["state"], { word: string; tone: Shape }> = {
    waiting: { word: t`On its way`, tone: "busy" },
    sent: { word: t`Sent`, tone: "done" },
    failed: { word: t`Failed, tried again`, tone: "faulted" },
    not_sent: { word: t`Not sent`, tone: "unavailable" },
  };
  return words[state];
}

/** Soon it is sent, or it says why not. */
export function onItsWay({ state }: Pick<AlertNotice, "state">): boolean {
  return state === "waiting";
}

export function channelWord(channel: AlertNotice["channel"]): string {
  const words: Record<AlertNotice["channel"], string> = {
    email: t`E-mail`, sms: t`SMS`, chat: t`Chat`, push: t`Push`, webhook: t`Webhook`, app: t`In the app`,
  };
  return words[channel];
}

export function noticeWord(kind: string): string {
  const words: Record<string, string> = { opened: t`Opened`, escalated: t`Nobody has looked`, resolved: t`Over`, digest: t`Daily digest`, test: t`Test` };
  return words[kind] ?? kind;
}

/** What the minutes of a rule mean, and where they have no meaning, nothing. */
export function minutesWord(kind: AlertKind): string | null {
  if (kind === "unstable") return t`Six drops within minutes`;
  if (kind === "certificate_expiring") return t`Days before it ends`;
  const without: AlertKind[] = ["refused_card", "wallet_low", "payment_failed", "suspicious", "disk_full", "digest"];
  return without.includes(kind) ? null : t`So many minutes`;
}

export const DAY_MINUTES = 24 * 60;

/** When a rule tells. */
export function whenWord({ kind, minutes, amount, at_time }: AlertRule): string {
  const long = minutes === null ? "" : duration(new Date(0).toISOString(), minutes * 60_000);
  if (kind === "digest") return t`each day at ${at_time ?? ""}`;
  if (kind === "wallet_low") return t`below ${amount ?? ""}`;
  if (kind === "disk_full") return t`from ${amount ?? ""} % on`;
  if (kind === "unstable") return t`six drops within ${long}`;
  if (kind === "certificate_expiring") return plural(Math.round((minutes ?? 0) / DAY_MINUTES), { one: "# day before it ends", other: "# days before it ends" });
  return minutes === null ? t`at once` : t`after ${long}`;
}
