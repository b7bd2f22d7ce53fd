import { t } from "@lingui/core/macro";
import type { Command, CommandName } from "@stationmaster/api";
import { local, type Shape } from "@stationmaster/ui";
import { connectorName } from "../../words";
import { isProfile, limitWords } from "./limits";

export function commandName(name: string): string {
  const words: Record<CommandName | "call", string> = {
    "remote-start": t`Start charging`,
    "remote-stop": t`Stop charging`,
    "check-session": t`Ask about a session`,
    reset: t`Restart`,
    unlock: t`Unlock connector`,
    "change-availability": t`Change availability`,
    "customer-information": t`Ask what it knows of a customer`,
    "data-transfer": t`Send data of its maker's kind`,
    "set-network-profile": t`Change how it reaches a server`,
    "get-configuration": t`Read settings`,
    "change-configuration": t`Change setting`,
    "read-settings": t`Read settings`,
    "report-settings": t`Read all settings`,
    "change-settings": t`Change settings`,
    "set-monitors": t`Watch over values`,
    "clear-monitors": t`Stop watching over values`,
    "report-monitors": t`Read what is watched over`,
    "set-monitoring-base": t`Change what is watched over`,
    "set-monitoring-level": t`Change how much is told`,
    "trigger-message": t`Ask for a message`,
    "clear-cache": t`Clear card memory`,
    "renew-password": t`Change the password`,
    "reserve-now": t`Reserve`,
    "cancel-reservation": t`Cancel a reservation`,
    "update-firmware": t`Update the firmware`,
    "get-log": t`Bring a log`,
    "set-charging-profile": t`Set a limit`,
    "clear-charging-profile": t`Remove limits`,
    "get-charging-profiles": t`Ask which limits it has`,
    "get-composite-schedule": t`Ask what holds in the end`,
    "send-local-list": t`Send the card list`,
    "get-local-list-version": t`Ask for the version of the card list`,
    "set-display-message": t`Show a message`,
    "get-display-messages": t`Ask which messages it shows`,
    "clear-display-message": t`Take a message off`,
    "show-price": t`Show the price`,
    "show-cost": t`Show the cost`,
    "install-certificate": t`Install a certificate`,
    "delete-certificate": t`Remove a certificate`,
    "list-certificates": t`Ask which certificates it has`,
    "give-certificate": t`Give it its certificate`,
    "publish-firmware": t`Hand out firmware`,
    "unpublish-firmware": t`Stop handing out firmware`,
    "set-default-tariff": t`Set a tariff`,
    "get-tariffs": t`Ask which tariffs it has`,
    "clear-tariffs": t`Remove tariffs`,
    "change-transaction-tariff": t`Change the tariff of a session`,
    "notify-web-payment-started": t`Tell that somebody is paying`,
    "use-priority-charging": t`Change the priority of a session`,
    "update-dynamic-schedule": t`Change a dynamic limit`,
    "notify-allowed-energy-transfer": t`Tell how a car may charge`,
    "set-der-control": t`Set a control for the grid`,
    "get-der-control": t`Ask which controls for the grid it has`,
    "clear-der-control": t`Remove controls for the grid`,
    "send-afrr-signal": t`Hand on a signal of the grid`,
    "get-periodic-event-streams": t`Ask which streams of values it has`,
    "adjust-periodic-event-stream": t`Change a stream of values`,
    "request-battery-swap": t`Swap a battery`,
    call: t`Raw call`,
  };
  // A newer server may know more than this page.
  return name in words ? words[name as keyof typeof words] : name.replaceAll("-", " ");
}

export function statusWords(status: string): { word: string; tone: Shape } {
  switch (status) {
    case "accepted":
      return { word: t`Accepted`, tone: "good" };
    case "answered":
      return { word: t`Answered`, tone: "good" };
    case "rejected":
      return { word: t`Rejected by the charger`, tone: "faulted" };
    case "failed":
      return { word: t`Failed`, tone: "faulted" };
    case "timeout":
      return { word: t`No answer`, tone: "busy" };
    case "late":
      return { word: t`Answered late`, tone: "busy" };
    case "replaced":
      return { word: t`Replaced by a newer connection`, tone: "unavailable" };
    case "lost":
      return { word: t`Connection lost before the answer`, tone: "busy" };
    case "pending":
      return { word: t`Waiting for the charger`, tone: "busy" };
    default:
      return { word: status.replaceAll("_", " "), tone: "busy" };
  }
}

/** What has come of it so far: an answer may be a promise, and what follows may fail. */
export function outcomeWords({ status, state }: Pick<Command, "status" | "state">): { word: string; tone: Shape } {
  if (status === "accepted" && state === "awaiting") return { word: t`Accepted, under way`, tone: "busy" };
  if (status === "accepted" && state === "failed") return { word: t`Accepted, then failed`, tone: "faulted" };
  return statusWords(status);
}

/** "card RFID1 · Connector 1", from the arguments of a command. */
export function argumentWords(command: Command): string {
  const { token, evse, kind, operative, keys, key, value, message, force, full, text, expires_at, profile } = command.arguments as Record<string, unknown>;
  const parts: string[] = [];
  if (typeof token === "string") parts.push(t`card ${token}`);
  if (force === true) parts.push(t`although it may not charge`);
  if (typeof message === "string") parts.push(message);
  if (typeof evse === "number") parts.push(connectorName(evse));
  if (typeof expires_at === "string") parts.push(t`until ${local(expires_at)}`);
  if (typeof text === "string") parts.push(t`“${text}”`);
  if (command.name === "send-local-list") parts.push(full === true ? t`the whole list` : t`what has changed`);
  if (isProfile(profile)) parts.push(limitWords(profile));
  if (typeof kind === "string") parts.push(kind);
  if (typeof operative === "boolean") parts.push(operative ? t`in service` : t`out of service`);
  if (Array.isArray(keys) && keys.length > 0) parts.push(keys.join(", "));
  if (typeof key === "string") parts.push(`${key} = ${typeof value === "string" ? value : ""}`);
  return parts.join(" · ");
}

/** The sentence of a yes. Throws that of anything else, for a dialog to say why it stays open. */
export function sentenceOf({ status, sentence }: Command): string {
  const said = sentence ?? status;
  if (status !== "accepted" && status !== "answered") throw new Error(said);
  return said;
}

/** What the charger itself said, where that says more than our one word: "Scheduled", "RebootRequired". */
export function ownWord(command: Command): string | null {
  const answer: unknown = command.response;
  if (typeof answer !== "object" || answer === null || !("status" in answer)) return null;
  const said = String(answer.status);
  return said.toLowerCase() === command.status ? null : said;
}
