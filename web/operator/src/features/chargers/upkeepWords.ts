import { t } from "@lingui/core/macro";
import type { CertificateRequest, FirmwareUpdate, StationLog } from "@stationmaster/api";
import type { Shape } from "@stationmaster/ui";

export function updateWords(state: FirmwareUpdate["state"]): { word: string; tone: Shape } {
  const words: Record<FirmwareUpdate["state"], [string, Shape]> = {
    requested: [t`Asked`, "busy"],
    accepted: [t`Accepted`, "busy"],
    refused: [t`Refused`, "faulted"],
    downloading: [t`Downloading`, "busy"],
    downloaded: [t`Downloaded`, "busy"],
    verified: [t`Signature checked`, "busy"],
    installing: [t`Installing`, "busy"],
    installed: [t`Installed`, "good"],
    failed: [t`Failed`, "faulted"],
    canceled: [t`Replaced by a newer one`, "unavailable"],
    expired: [t`Nothing more heard`, "unavailable"],
  };
  const [word, tone] = words[state];
  return { word, tone };
}

export function logWords(state: StationLog["state"]): { word: string; tone: Shape } {
  const words: Record<StationLog["state"], [string, Shape]> = {
    requested: [t`Asked`, "busy"],
    accepted: [t`Accepted`, "busy"],
    refused: [t`Refused`, "faulted"],
    uploading: [t`On its way`, "busy"],
    uploaded: [t`Here`, "good"],
    failed: [t`Failed`, "faulted"],
    canceled: [t`Replaced by a newer one`, "unavailable"],
    expired: [t`Never came`, "unavailable"],
  };
  const [word, tone] = words[state];
  return { word, tone };
}

export function logKind(kind: StationLog["kind"]): string {
  return kind === "security" ? t`Security log` : t`Diagnostics`;
}

export function certificateWords(state: CertificateRequest["state"]): { word: string; tone: Shape } {
  const words: Record<CertificateRequest["state"], [string, Shape]> = {
    received: [t`Waits for a person`, "busy"],
    refused: [t`Refused`, "faulted"],
    sent: [t`Sent`, "busy"],
    accepted: [t`In the charger`, "good"],
    rejected: [t`The charger did not take it`, "faulted"],
    replaced: [t`Replaced by a newer one`, "unavailable"],
  };
  const [word, tone] = words[state];
  return { word, tone };
}

export function certificateUse(use: CertificateRequest["use"]): string {
  const words: Record<CertificateRequest["use"], string> = {
    charger: t`For its connection`, v2g: t`For cars`, v2g20: t`For cars (ISO 15118-20)`, both: t`For its connection and for cars`,
  };
  return words[use];
}

export type StepState = "done" | "now" | "failed" | "ahead";

export interface Step {
  name: string;
  state: StepState;
  at: string | null;
}

const REACHED: Record<FirmwareUpdate["state"], number> = {
  requested: 0, accepted: 1, refused: 1, downloading: 2, downloaded: 2, verified: 2, installing: 3, installed: 4, failed: 1, canceled: 1, expired: 1,
};

/** How far an update has come, in five steps with the times that are known. The step at which it failed is the charger's word, else our best knowledge. */
export function steps(update: FirmwareUpdate): Step[] {
  const { state, status, asked_at, changed_at, fetched_at, finished_at } = update;
  const over = state === "failed" || state === "refused" || state === "canceled" || state === "expired";
  const installing = status?.startsWith("Install") ?? false;
  const fetching = fetched_at !== null || status !== null;
  const reached = over && state !== "refused" ? (installing ? 3 : fetching ? 2 : 1) : REACHED[state];
  const names = [t`Asked`, t`Accepted`, t`Download`, t`Installation`, t`Installed`];
  const times = [asked_at, null, fetched_at, null, state === "installed" ? finished_at : null];
  return names.map((name, index): Step => {
    const here = index === reached;
    const done = index < reached || (here && (state === "installed" || state === "downloaded" || state === "verified"));
    const stepState: StepState = here && over ? "failed" : done ? "done" : here ? "now" : "ahead";
    const at = times[index] ?? (here && !over ? changed_at : here ? finished_at : null);
    return { name, state: stepState, at };
  });
}
