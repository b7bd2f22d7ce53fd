import { t } from "@lingui/core/macro";
import type { CommandRequest, KeptProfile } from "@stationmaster/api";
import { isToCome, limit, local } from "@stationmaster/ui";
import { connectorName } from "../../words";

type Profile = NonNullable<KeptProfile["profile"]>;
type Asked = Extract<CommandRequest, { name: "set-charging-profile" }>["body"];

/** Whether this part of a command's arguments is a profile that people can be told of. */
export function isProfile(told: unknown): told is Profile {
  return typeof told === "object" && told !== null && "periods" in told && Array.isArray(told.periods) && told.periods.length > 0;
}

/** "16 A", "6 A to 16 A": what a profile allows at the least and at the most. */
export function limitWords({ periods, unit = "A" }: Pick<Profile, "periods" | "unit">): string {
  const limits = periods.map((period) => period.limit);
  const [low, high] = [Math.min(...limits), Math.max(...limits)];
  return low === high ? limit(high, unit) : t`${limit(low, unit)} to ${limit(high, unit)}`;
}

/** What the meter says of a limit. */
export function measuredWords({ measured, allowed, unit }: NonNullable<KeptProfile["measured"]>): string {
  return t`${limit(measured, unit)} measured, ${limit(allowed, unit)} allowed`;
}

/** The limit of 0 that pauses the session at this connector; undefined while it is not paused. */
export function pauseAt(kept: KeptProfile[], evse: number): KeptProfile | undefined {
  return ofSession(kept, evse).find(({ profile }) => profile?.periods.every((period) => period.limit === 0));
}

/** A limit of 0 for a session, above every other that it has, so that those hold again when it goes on. */
export function pauseFor(kept: KeptProfile[], evse: number, session: string): Asked {
  const levels = ofSession(kept, evse).map(({ profile }) => profile?.stack_level ?? 0);
  return { evse, profile: { purpose: "session", session, unit: "A", periods: [{ start_s: 0, limit: 0 }], stack_level: Math.max(-1, ...levels) + 1 } };
}

function ofSession(kept: KeptProfile[], evse: number): KeptProfile[] {
  return kept.filter((each) => each.source === "csms" && each.evse === evse && each.profile?.purpose === "session");
}

/** What is limited. */
export function placeWords({ evse, profile }: Pick<KeptProfile, "evse" | "profile">): string {
  const place = connectorName(evse);
  switch (profile?.purpose) {
    case "session_default":
      return evse === 0 ? t`Each session, at any connector` : t`Each session at ${place}`;
    case "session":
      return t`One session at ${place}`;
    case "priority":
      return t`Priority charging at ${place}`;
    default:
      return place;
  }
}

/** When it holds. */
export function timeWords(profile: Profile): string {
  const { kind, recurrency, starts_at, valid_from } = profile;
  if (kind === "relative") return t`from the start of the session`;
  if (kind === "recurring") return recurrency === "weekly" ? t`every week` : t`every day`;
  const from = valid_from ?? starts_at ?? null;
  const to = endOf(profile);
  if (to) return from ? `${local(from)} – ${local(to)}` : t`until ${local(to)}`;
  return from && isToCome(from) ? t`from ${local(from)}` : t`until it is removed`;
}

/** Whether its time has passed. */
export function isOver(profile: Profile): boolean {
  const end = (profile.kind ?? "absolute") === "absolute" ? endOf(profile) : profile.valid_to;
  return Date.parse(end ?? "") < Date.now();
}

function endOf({ starts_at, duration_s, valid_to }: Profile): string | null {
  if (valid_to) return valid_to;
  return starts_at && duration_s ? new Date(Date.parse(starts_at) + duration_s * 1000).toISOString() : null;
}

/** Who has set it. */
export function sourceWords(source: string): string {
  const words: Record<string, string> = {
    csms: t`From here`,
    ems: t`Energy management on site`,
    so: t`Grid operator`,
    cso: t`Operator's other system`,
    other: t`Somebody else`,
  };
  return words[source.toLowerCase()] ?? source;
}

/** One limit from a moment (null: now) to another (null: until it is removed), for the whole charger or each session at a connector. */
export function simpleLimit(evse: number, value: number, unit: "A" | "W", from: string | null, to: string | null, now: number): Asked {
  const start = from ?? new Date(now).toISOString();
  const seconds = to === null ? null : Math.round((Date.parse(to) - Date.parse(start)) / 1000);
  return {
    evse,
    profile: {
      purpose: evse === 0 ? "station_max" : "session_default",
      kind: "absolute",
      unit,
      periods: [{ start_s: 0, limit: value }],
      starts_at: start,
      // Told twice, because some chargers heed only one of the two.
      ...(from !== null && { valid_from: from }),
      ...(to !== null && { valid_to: to, duration_s: seconds }),
    },
  };
}

/** What the charger answers when it is asked which limit holds in the end. */
export interface Composite {
  starts_at: string | null;
  duration_s: number;
  unit: "A" | "W";
  periods: { start_s: number; limit: number }[];
  /** What it says beside what was set here; left out in answers of an older server. */
  compared?: Stretch[];
}

/** From one moment to another: the limit that was told, and the one that was set here. */
export interface Stretch {
  starts_at: string;
  ends_at: string;
  told: number | null;
  asked: number | null;
  unit: "A" | "W";
  profile: number | null;
  verdict: "same" | "more" | "less" | "not_set";
}

/** The stretches in which the charger says something else than what was set here. */
export function differing({ compared = [] }: Composite): Stretch[] {
  return compared.filter(({ verdict }) => verdict === "more" || verdict === "less");
}

/** "16 A instead of 10 A of profile 7: more than was set here". */
export function stretchWords({ told, asked, unit, verdict, ...more }: Stretch): string {
  const profile = more.profile ?? 0;
  const says = told === null ? t`no limit` : limit(told, unit);
  const wanted = limit(asked ?? 0, unit);
  return verdict === "more"
    ? t`${says} instead of ${wanted} of profile ${profile}: more than was set here`
    : t`${says} instead of ${wanted} of profile ${profile}: less, so another limit is in force`;
}

/** Points for the picture of what was set here; none where nothing was, or where it is all the same. */
export function setHerePoints(schedule: Composite): [number, number][] {
  if (differing(schedule).length === 0) return [];
  return (schedule.compared ?? []).flatMap(({ starts_at, ends_at, asked }): [number, number][] =>
    asked === null ? [] : [[Date.parse(starts_at), asked], [Date.parse(ends_at), asked]],
  );
}

/** The schedule out of a command's data, or null when the charger has named no limit. */
export function compositeOf(data: unknown): Composite | null {
  if (typeof data !== "object" || data === null || !("periods" in data) || !Array.isArray(data.periods) || data.periods.length === 0) return null;
  return data as Composite;
}

/** Points for a picture: a step at each change, and one at the end. */
export function compositePoints({ starts_at, duration_s, periods }: Composite, otherwise: number): [number, number][] {
  const begin = starts_at ? Date.parse(starts_at) : otherwise;
  const points = periods.map((period): [number, number] => [begin + period.start_s * 1000, period.limit]);
  const last = points.at(-1);
  if (last && begin + duration_s * 1000 > last[0]) points.push([begin + duration_s * 1000, last[1]]);
  return points;
}
