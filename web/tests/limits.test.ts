import type { FirmwareUpdate, KeptProfile } from "@stationmaster/api";
import { moment, momentField } from "@stationmaster/ui";
import { describe, expect, it } from "vitest";
import { compositeOf, compositePoints, differing, isOver, isProfile, limitWords, pauseAt, pauseFor, placeWords, setHerePoints, simpleLimit, stretchWords, timeWords } from "../operator/src/features/chargers/limits";
import { outcomeWords } from "../operator/src/features/chargers/commands";
import { steps } from "../operator/src/features/chargers/upkeepWords";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const LATER = "2026-01-01T13:30:00.000Z";

describe("a simple limit", () => {
  it("of the whole charger holds from now until it is removed", () => {
    expect(simpleLimit(0, 16, "A", null, null, NOW)).toEqual({
      evse: 0,
      profile: { purpose: "station_max", kind: "absolute", unit: "A", periods: [{ start_s: 0, limit: 16 }], starts_at: "2026-01-01T12:00:00.000Z" },
    });
  });
  it("of a connector's sessions says its end twice", () => {
    const { evse, profile } = simpleLimit(2, 7400, "W", null, LATER, NOW);
    expect([evse, profile.purpose, profile.unit, profile.valid_to, profile.duration_s, profile.valid_from]).toEqual([2, "session_default", "W", LATER, 5400, undefined]);
  });
  it("with a beginning counts from there", () => {
    const { profile } = simpleLimit(0, 6, "A", LATER, "2026-01-01T14:30:00.000Z", NOW);
    expect([profile.starts_at, profile.valid_from, profile.duration_s]).toEqual([LATER, LATER, 3600]);
  });
});

describe("a pause", () => {
  const kept = (limit: number, stack_level = 0, evse = 1): KeptProfile => ({
    id: 7, evse, source: "csms", at: LATER, told: null, measured: null,
    profile: { purpose: "session", kind: "absolute", unit: "A", stack_level, session: "tx", periods: [{ start_s: 0, limit }] },
  });
  it("is a limit of 0 for the session at that connector", () => {
    expect(pauseAt([kept(16), kept(0, 1)], 1)?.profile?.stack_level).toBe(1);
    expect(pauseAt([kept(16), kept(0, 1, 2)], 1)).toBeUndefined();
  });
  it("stands above the limits that the session has already, which hold again afterwards", () => {
    expect(pauseFor([kept(16)], 1, "s").profile.stack_level).toBe(1);
    expect(pauseFor([kept(16, 3, 2)], 1, "s")).toMatchObject({ evse: 1, profile: { session: "s", stack_level: 0, periods: [{ limit: 0 }] } });
  });
});

describe("what a profile says", () => {
  const profile = { ...simpleLimit(0, 16, "A", null, null, NOW).profile, periods: [{ start_s: 0, limit: 32 }, { start_s: 60, limit: 16.5 }] };
  const kept = (evse: number, purpose: NonNullable<KeptProfile["profile"]>["purpose"]) => ({ evse, profile: { ...profile, purpose } });
  it("the least and the most it allows", () => {
    expect(limitWords(profile)).toBe("16.5 A to 32 A");
    expect(limitWords({ periods: [{ start_s: 0, limit: 11_000 }], unit: "W" })).toBe("11,000 W");
  });
  it("what it limits", () => {
    expect(placeWords(kept(0, "station_max"))).toBe("Whole charger");
    expect(placeWords(kept(0, "session_default"))).toBe("Each session, at any connector");
    expect(placeWords(kept(2, "session_default"))).toBe("Each session at Connector 2");
    expect(placeWords({ evse: 0, profile: null })).toBe("Whole charger");
  });
  it("when it holds", () => {
    expect(timeWords(profile)).toBe("until it is removed");
    expect(timeWords({ ...profile, kind: "recurring", recurrency: "weekly" })).toBe("every week");
    expect(timeWords({ ...profile, kind: "relative", starts_at: null })).toBe("from the start of the session");
  });
  it("whether it is over", () => {
    expect(isOver(profile)).toBe(false);
    expect(isOver({ ...profile, valid_to: "2020-01-01T00:00:00Z" })).toBe(true);
    expect(isOver({ ...profile, starts_at: "2020-01-01T00:00:00Z", duration_s: 60 })).toBe(true);
    expect(isOver({ ...profile, kind: "recurring", starts_at: "2020-01-01T00:00:00Z", duration_s: 60 })).toBe(false);
  });
  it.each([null, "x", {}, { periods: [] }])("nothing that can be told of: %s", (told) => {
    expect(isProfile(told)).toBe(false);
    expect(compositeOf(told)).toBe(null);
  });
});

describe("the picture of what holds in the end", () => {
  const schedule = { starts_at: null, duration_s: 3600, unit: "A" as const, periods: [{ start_s: 0, limit: 32 }, { start_s: 60, limit: 16 }] };
  it("has a point at each change and one at the end", () => {
    expect(compositePoints(schedule, NOW)).toEqual([[NOW, 32], [NOW + 60_000, 16], [NOW + 3_600_000, 16]]);
  });
  it("begins where the charger says", () => {
    expect(compositePoints({ ...schedule, starts_at: "2026-01-01T13:00:00Z" }, NOW)[0]).toEqual([NOW + 3_600_000, 32]);
  });
});

describe("the steps of an update", () => {
  const update: FirmwareUpdate = {
    id: "1", state: "requested", status: null, sentence: "", from_version: "1", to_version: "2", booted_version: null,
    asked_at: "2026-01-01T10:00:00Z", changed_at: "2026-01-01T10:05:00Z", fetched_at: null, finished_at: null,
  };
  it.each([
    ["requested", null, ["now", "ahead", "ahead", "ahead", "ahead"]],
    ["accepted", null, ["done", "now", "ahead", "ahead", "ahead"]],
    ["downloading", "Downloading", ["done", "done", "now", "ahead", "ahead"]],
    ["downloaded", "Downloaded", ["done", "done", "done", "ahead", "ahead"]],
    ["installing", "Installing", ["done", "done", "done", "now", "ahead"]],
    ["installed", "Installed", ["done", "done", "done", "done", "done"]],
    ["refused", null, ["done", "failed", "ahead", "ahead", "ahead"]],
    ["failed", "DownloadFailed", ["done", "done", "failed", "ahead", "ahead"]],
    ["failed", "InvalidSignature", ["done", "done", "failed", "ahead", "ahead"]],
    ["failed", "InstallationFailed", ["done", "done", "done", "failed", "ahead"]],
    ["expired", null, ["done", "failed", "ahead", "ahead", "ahead"]],
  ] as const)("%s (%s)", (state, status, expected) => {
    expect(steps({ ...update, state, status }).map((step) => step.state)).toEqual(expected);
  });
  it("have the times that are known", () => {
    const done = steps({ ...update, state: "installed", status: "Installed", fetched_at: "2026-01-01T10:02:00Z", finished_at: "2026-01-01T10:09:00Z" });
    expect(done.map((step) => step.at)).toEqual(["2026-01-01T10:00:00Z", null, "2026-01-01T10:02:00Z", null, "2026-01-01T10:09:00Z"]);
  });
});

describe("what has come of a command", () => {
  it.each([
    ["accepted", "done", "Accepted"],
    ["accepted", "awaiting", "Accepted, under way"],
    ["accepted", "failed", "Accepted, then failed"],
    ["rejected", "failed", "Rejected by the charger"],
    ["timeout", "failed", "No answer"],
  ])("%s, %s", (status, state, word) => {
    expect(outcomeWords({ status, state }).word).toBe(word);
  });
});

describe("a field for day and time", () => {
  it("holds a moment to the minute, in the reader's zone", () => {
    expect(moment(momentField(NOW))).toBe("2026-01-01T12:00:00.000Z");
    expect(moment("")).toBe(null);
    expect(moment("tomorrow")).toBe(null);
  });
});

describe("what the charger says beside what was set here", () => {
  const stretch = { starts_at: "2026-01-01T12:00:00.000Z", ends_at: LATER, told: 16, asked: 10, unit: "A" as const, profile: 7, verdict: "more" as const };
  const schedule = { starts_at: null, duration_s: 3600, unit: "A" as const, periods: [{ start_s: 0, limit: 16 }] };
  it("is told where it differs", () => {
    const compared = [stretch, { ...stretch, told: 10, verdict: "same" as const }, { ...stretch, told: null }, { ...stretch, told: 6, verdict: "less" as const }];
    expect(differing({ ...schedule, compared }).map(stretchWords)).toEqual([
      "16 A instead of 10 A of profile 7: more than was set here",
      "no limit instead of 10 A of profile 7: more than was set here",
      "6 A instead of 10 A of profile 7: less, so another limit is in force",
    ]);
    expect(setHerePoints({ ...schedule, compared: [stretch] })).toEqual([[NOW, 10], [Date.parse(LATER), 10]]);
  });
  it("is nothing where it is the same, and where an answer has no such thing", () => {
    expect([setHerePoints({ ...schedule, compared: [{ ...stretch, verdict: "same" }] }), setHerePoints(schedule), differing(schedule)]).toEqual([[], [], []]);
  });
});
