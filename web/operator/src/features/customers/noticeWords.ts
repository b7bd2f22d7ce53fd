import { t } from "@lingui/core/macro";
import type { CustomerNotice } from "@stationmaster/api";
import * as v from "valibot";

export type NoticeKind = CustomerNotice["kind"];

export const NOTICE_KINDS: NoticeKind[] = ["started", "nearly_full", "ended", "idle_fee", "reservation", "wallet_low", "receipt"];

/** A record with this of each kind. */
export function ofEach<T>(value: (kind: NoticeKind) => T): Record<NoticeKind, T> {
  return Object.fromEntries(NOTICE_KINDS.map((kind) => [kind, value(kind)])) as Record<NoticeKind, T>;
}

/** A switch for each kind, in a schema. */
export const SWITCHES = ofEach(() => v.boolean());

export function kindWord(kind: NoticeKind): string {
  const words: Record<NoticeKind, string> = {
    started: t`Charging has started`,
    nearly_full: t`The car is nearly full`,
    ended: t`A session has ended`,
    idle_fee: t`A fee for parking begins`,
    reservation: t`Reservations`,
    wallet_low: t`The balance is low`,
    receipt: t`Receipts and invoices`,
  };
  return words[kind];
}

export function kindAbout(kind: NoticeKind): string {
  const words: Record<NoticeKind, string> = {
    started: t`Within minutes of its begin`,
    nearly_full: t`By its battery, or because it takes far less power than before`,
    ended: t`With its energy and price; again if the price is corrected`,
    idle_fee: t`Ten minutes before, for a car that takes no energy`,
    reservation: t`Made, about to end, and over`,
    wallet_low: t`Once, until more is paid in; for who pays in advance`,
    receipt: t`Where they are not mailed to everybody anyway`,
  };
  return words[kind];
}
