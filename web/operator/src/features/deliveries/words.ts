import { t } from "@lingui/core/macro";
import type { Delivery } from "@stationmaster/api";
import type { Shape } from "@stationmaster/ui";
import type { DeliveryState } from "../../queries";

type Way = Delivery["way"];

export const WAYS: readonly Way[] = ["webhook", "mail", "notice", "payment", "charger"];

export function wayWord(way: Way): string {
  switch (way) {
    case "webhook":
      return t`To a program`;
    case "mail":
      return t`By e-mail`;
    case "notice":
      return t`Notice`;
    case "payment":
      return t`To a payment provider`;
    case "charger":
      return t`To the charger`;
  }
}

export function stateWords(state: DeliveryState): { word: string; tone: Shape } {
  switch (state) {
    case "waiting":
      return { word: t`Waiting`, tone: "busy" };
    case "done":
      return { word: t`Delivered`, tone: "good" };
    case "dead":
      return { word: t`Given up`, tone: "faulted" };
  }
}

export function eventWord(event: string): string {
  const words: Record<string, string> = {
    SessionStarted: t`Session started`,
    SessionEnded: t`Session ended`,
    SessionCorrected: t`Session corrected`,
    SessionReviewed: t`Session reviewed`,
    StationOffline: t`Charger offline`,
    StationOnline: t`Charger online again`,
    ReservationChanged: t`Reservation changed`,
    InvoiceMailDue: t`Receipt or invoice`,
    ReportMailDue: t`Report`,
    MailDue: t`E-mail`,
    NoticeDue: t`Notice`,
    PushDue: t`Notice on a device`,
    PaymentAsked: t`Payment`,
    ComparisonAsked: t`Books compared`,
    GuestReady: t`Guest may start`,
    GuestStops: t`Guest stops`,
    GuestPays: t`Guest pays`,
    CableFree: t`Cable released`,
    LimitRaised: t`Limit raised`,
    BillMade: t`Cost shown`,
  };
  return words[event] ?? event.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

/** What kind of mail it is, as far as its name is a word of ours. */
export function mailWord(kind: string): string {
  const words: Record<string, string> = {
    invitation: t`Invitation`,
    password: t`New password`,
    registration: t`Registration`,
    email: t`Another address`,
    moved: t`Another address`,
    known: t`Registration`,
    owed: t`Payment is due`,
    runs: t`Charging goes on`,
    to_pay: t`Payment is due`,
    file_failed: t`File of a month failed`,
  };
  return words[kind] ?? kind;
}
