/**
 * Frames in plain words, for the frame log. Whatever a charger sends comes through here, so nothing is taken
 * for granted: unknown actions and odd payloads fall back to a short piece of their JSON.
 */
import { plural, t } from "@lingui/core/macro";
import { kw, localClock, meter } from "@stationmaster/ui";
import { connectorName, statusWords } from "./words";

type Json = Record<string, unknown>;

const SHORT = 140;

export function summarise(action: string, request: string | null, response: string | null): string {
  const asked = parse(request);
  const answered = parse(response);
  let words: string | null = null;
  try {
    words = WORDS[action]?.(asked, answered) ?? null;
  } catch {
    // An oddly shaped payload: show it as it is.
  }
  if (words === null) return clip(request ?? "");
  return clip(words);
}

/** JSON with two spaces of indent; text that is not JSON stays as it came. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const WORDS: Record<string, (q: Json, a: Json) => string | null> = {
  BootNotification: (q, a) => {
    const inner = json(q.chargingStation);
    const vendor = text(q.chargePointVendor ?? inner.vendorName);
    const model = text(q.chargePointModel ?? inner.model);
    const firmware = text(q.firmwareVersion ?? inner.firmwareVersion);
    const interval = typeof a.interval === "number" ? t`every ${a.interval} s` : "";
    return join([`${vendor} ${model}`.trim(), firmware && t`firmware ${firmware}`], ", ") + arrow(text(a.status), interval);
  },
  Heartbeat: (_q, a) => (typeof a.currentTime === "string" ? t`our clock says ${localClock(a.currentTime)}` : t`still here`),
  StatusNotification: (q) =>
    join(
      [
        connectorName(num(q.evseId ?? q.connectorId) ?? 0),
        statusWords(text(q.status ?? q.connectorStatus) || null).word,
        q.errorCode !== "NoError" && text(q.errorCode),
        text(q.info),
      ],
      " · ",
    ),
  Authorize: (q, a) => cardWords(q.idTag ?? q.idToken) + arrow(verdict(a)),
  StartTransaction: (q, a) =>
    join([cardWords(q.idTag), connectorName(num(q.connectorId) ?? 0), t`meter ${meter(num(q.meterStart))}`], " · ") +
    arrow(verdict(a), a.transactionId !== undefined && t`transaction ${text(a.transactionId)}`),
  StopTransaction: (q, a) =>
    join([t`transaction ${text(q.transactionId)}`, t`meter ${meter(num(q.meterStop))}`, text(q.reason)], " · ") +
    arrow(verdict(a)),
  MeterValues: (q) =>
    join([connectorName(num(q.evseId ?? q.connectorId) ?? 0), readings(q.meterValue)], " · "),
  TransactionEvent: (q, a) => {
    const info = json(q.transactionInfo);
    return (
      join(
        [text(q.eventType), text(info.transactionId), text(info.chargingState), q.idToken !== undefined && cardWords(q.idToken), readings(q.meterValue)],
        " · ",
      ) + arrow(verdict(a))
    );
  },
  DataTransfer: (q, a) => join([text(q.vendorId), text(q.messageId), text(q.data)], " · ") + arrow(text(a.status)),
  RemoteStartTransaction: (q, a) =>
    join([cardWords(q.idTag), q.connectorId !== undefined && connectorName(num(q.connectorId) ?? 0)], " · ") +
    arrow(text(a.status)),
  RemoteStopTransaction: (q, a) => t`transaction ${text(q.transactionId)}` + arrow(text(a.status)),
  Reset: (q, a) => text(q.type).toLowerCase() + arrow(text(a.status)),
  UnlockConnector: (q, a) => connectorName(num(q.connectorId) ?? 0) + arrow(text(a.status)),
  ChangeAvailability: (q, a) =>
    join([connectorName(num(q.connectorId) ?? 0), text(q.type).toLowerCase()], " · ") + arrow(text(a.status)),
  GetConfiguration: (q, a) => {
    const keys = list(q.key).map(text);
    const found = list(a.configurationKey).length;
    return (keys.length > 0 ? keys.join(", ") : t`all settings`) + (a.configurationKey ? arrow(plural(found, { one: "# found", other: "# found" })) : "");
  },
  ChangeConfiguration: (q, a) => `${text(q.key)} = ${text(q.value)}` + arrow(text(a.status)),
  TriggerMessage: (q, a) => text(q.requestedMessage) + arrow(text(a.status)),
  ClearCache: (_q, a) => t`forget remembered cards` + arrow(text(a.status)),
  FirmwareStatusNotification: (q) => text(q.status),
  DiagnosticsStatusNotification: (q) => text(q.status),
};

/** "7.4 kW · 12.345 kWh · 64 %" from a list of MeterValue, the latest sample of each kind. */
function readings(value: unknown): string {
  const found = new Map<string, string>();
  for (const entry of list(value)) {
    for (const raw of list(json(entry).sampledValue)) {
      const sample = json(raw);
      if (sample.phase !== undefined) continue;
      const unit = text(sample.unit ?? json(sample.unitOfMeasure).unit);
      const amount = Number(sample.value);
      if (!Number.isFinite(amount)) continue;
      const kind = text(sample.measurand) || "Energy.Active.Import.Register";
      if (kind === "Energy.Active.Import.Register") found.set(kind, meter(unit === "kWh" ? amount * 1000 : amount));
      else if (kind === "Power.Active.Import") found.set(kind, kw(unit === "kW" ? amount * 1000 : amount));
      else if (kind === "SoC") found.set(kind, `${amount} %`);
      else if (kind === "Current.Import") found.set(kind, `${amount} A`);
    }
  }
  return [...found.values()].join(" · ");
}

function verdict(answer: Json): string {
  return text(json(answer.idTagInfo ?? answer.idTokenInfo).status);
}

function cardWords(value: unknown): string {
  const number = card(value);
  return t`card ${number}`;
}

function card(value: unknown): string {
  return typeof value === "object" && value !== null ? text(json(value).idToken) : text(value);
}

function arrow(...parts: (string | false)[]): string {
  const said = join(parts, ", ");
  return said ? ` → ${said}` : "";
}

function join(parts: (string | false)[], by: string): string {
  return parts.filter(Boolean).join(by);
}

function parse(value: string | null): Json {
  if (value === null) return {};
  try {
    return json(JSON.parse(value));
  } catch {
    return {};
  }
}

function json(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

function num(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function clip(value: string): string {
  return value.length > SHORT ? `${value.slice(0, SHORT - 1)}…` : value;
}

/** Whether a text is a JSON object, as every payload is. */
export function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
