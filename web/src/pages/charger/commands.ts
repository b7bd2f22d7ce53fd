import type { Command, CommandStatus } from "../../api/types";
import type { Shape } from "../../components/icons";
import { connectorName } from "../../words";

export const COMMAND_NAMES: Record<string, string> = {
  "remote-start": "Start charging",
  "remote-stop": "Stop charging",
  reset: "Restart",
  unlock: "Unlock connector",
  "change-availability": "Change availability",
  "get-configuration": "Read settings",
  "change-configuration": "Change setting",
  "trigger-message": "Ask for a message",
  "clear-cache": "Clear card memory",
};

export function commandName(name: string): string {
  return COMMAND_NAMES[name] ?? name.replaceAll("-", " ");
}

export function statusWords(status: CommandStatus): { word: string; tone: Shape } {
  switch (status) {
    case "accepted":
      return { word: "Accepted", tone: "good" };
    case "rejected":
      return { word: "Rejected by the charger", tone: "faulted" };
    case "failed":
      return { word: "Failed", tone: "faulted" };
    case "timeout":
      return { word: "No answer", tone: "busy" };
    case "late":
      return { word: "Answered late", tone: "busy" };
    case "replaced":
      return { word: "Replaced by a newer connection", tone: "unavailable" };
    default:
      return { word: "Waiting for the charger", tone: "busy" };
  }
}

/** "card RFID1 · Connector 1", from the arguments of a command. */
export function argumentWords(command: Command): string {
  const { token, evse, kind, operative, keys, key, value, message } = command.arguments;
  const parts: string[] = [];
  if (typeof token === "string") parts.push(`card ${token}`);
  if (typeof message === "string") parts.push(message);
  if (typeof evse === "number") parts.push(connectorName(evse));
  if (typeof kind === "string") parts.push(kind);
  if (typeof operative === "boolean") parts.push(operative ? "in service" : "out of service");
  if (Array.isArray(keys) && keys.length > 0) parts.push(keys.join(", "));
  if (typeof key === "string") parts.push(`${key} = ${typeof value === "string" ? value : ""}`);
  return parts.join(" · ");
}

/** What the charger itself said, where that says more than our one word: "Scheduled", "RebootRequired". */
export function ownWord(command: Command): string | null {
  const answer = command.response;
  if (typeof answer !== "object" || answer === null || !("status" in answer)) return null;
  const said = String(answer.status);
  return said.toLowerCase() === command.status ? null : said;
}
