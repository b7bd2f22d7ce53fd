import sent from "./actions.json";

/** By version of OCPP: every action that a charger can be sent. */
export const ACTIONS: Record<string, string[] | undefined> = sent;
