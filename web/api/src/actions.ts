import sent from "./actions.json";
import commands from "./commands.json";

/** By version of OCPP: every action that a charger can be sent, with the smallest payload it takes. */
export const ACTIONS: Record<string, Record<string, unknown> | undefined> = sent;

/** A field of a command; what is entered as JSON has an example of what it needs at the least. */
export interface FormField {
  name: string;
  required: boolean;
  kind: string;
  choices?: string[];
  example?: unknown;
}

/** A command as a form: which versions have it, who may send it, and what it takes. */
export interface CommandForm {
  name: string;
  versions: string[];
  may: string;
  about: string;
  fields: FormField[];
}

/** Every command there is, by its name in the API. */
export const FORMS: CommandForm[] = commands;
