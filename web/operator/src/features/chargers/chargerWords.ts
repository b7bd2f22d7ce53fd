import { t } from "@lingui/core/macro";
import type { Connector, Station } from "@stationmaster/api";

export const PHASES = ["three_phase", "phase_r", "phase_y", "phase_b"] as const;
export const CURRENTS = ["ac", "dc"] as const;
export const PLUGS = ["type2", "ccs2", "type1", "ccs1", "nacs", "chademo", "gbt_ac", "gbt_dc", "gbt", "type3", "ac_socket", "other"] as const;

export function currentWord(type: NonNullable<Station["charger_type"]>): string {
  return type === "ac" ? t`AC` : t`DC`;
}

export function gridWord(phase: NonNullable<Station["phase"]>): string {
  switch (phase) {
    case "three_phase":
      return t`Three phases`;
    case "phase_r":
      return t`One phase: R (L1)`;
    case "phase_y":
      return t`One phase: Y (L2)`;
    case "phase_b":
      return t`One phase: B (L3)`;
  }
}

export function plugWord(type: NonNullable<Connector["type"]>): string {
  const words: Record<typeof type, string> = {
    type1: t`Type 1`,
    type2: t`Type 2`,
    type3: t`Type 3`,
    ccs1: t`CCS 1`,
    ccs2: t`CCS 2`,
    chademo: t`CHAdeMO`,
    gbt: t`GB/T`,
    gbt_ac: t`GB/T AC`,
    gbt_dc: t`GB/T DC`,
    nacs: t`NACS`,
    ac_socket: t`Household socket`,
    other: t`Another`,
  };
  return words[type];
}
