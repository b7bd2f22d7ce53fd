import { t } from "@lingui/core/macro";
import type { Command } from "@stationmaster/api";
import type { Shape } from "@stationmaster/ui";
import { connectorName } from "../../words";

export function commandName(name: string): string {
  const words: Record<string, string> = {
    "remote-start": t`Start charging`,
    "remote-stop": t`Stop charging`,
    "check-session": t`Ask about a session`,
    reset: t`Restart`,
    unlock: t`Unlock connector`,
    "change-availability": t`Change availability`,
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
    "change-password": t`Change the password`,
    call: t`Raw call`,
  };
  return words[name] ?? name.replaceAll("-", " ");
}

export function statusWords(status: string): { word: string; tone: Shape } {
  switch (status) {
    case "accepted":
      return { word: t`Accepted`, tone: "good" };
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

/** "card RFID1 · Connector 1", from the arguments of a command. */
export function argumentWords(command: Command): string {
  const { token, evse, kind, operative, keys, key, value, message, force } = command.arguments as Record<string, unknown>;
  const parts: string[] = [];
  if (typeof token === "string") parts.push(t`card ${token}`);
  if (force === true) parts.push(t`although it may not charge`);
  if (typeof message === "string") parts.push(message);
  if (typeof evse === "number") parts.push(connectorName(evse));
  if (typeof kind === "string") parts.push(kind);
  if (typeof operative === "boolean") parts.push(operative ? t`in service` : t`out of service`);
  if (Array.isArray(keys) && keys.length > 0) parts.push(keys.join(", "));
  if (typeof key === "string") parts.push(`${key} = ${typeof value === "string" ? value : ""}`);
  return parts.join(" · ");
}

/** What the charger itself said, where that says more than our one word: "Scheduled", "RebootRequired". */
export function ownWord(command: Command): string | null {
  const answer: unknown = command.response;
  if (typeof answer !== "object" || answer === null || !("status" in answer)) return null;
  const said = String(answer.status);
  return said.toLowerCase() === command.status ? null : said;
}
