import { i18n, setupI18n, type I18n, type Messages } from "@lingui/core";

/** Why something cannot be, as the server says it. Most people never meet one: a catalogue is fetched with the first. English is the server's own. */
const CATALOGUES: Record<string, () => Promise<{ messages: Messages }>> = {
  de: () => import("./locales/reasons-de.po"),
  es: () => import("./locales/reasons-es.po"),
  fr: () => import("./locales/reasons-fr.po"),
  hi: () => import("./locales/reasons-hi.po"),
};

let fetched: Promise<I18n> | null = null;

/** A reason in the language of the pages; null where there are no words for it, or they cannot be had. */
export async function reasonWords(code: string, values: Record<string, string | number>): Promise<string | null> {
  const fetch = CATALOGUES[i18n.locale];
  if (!fetch) return null;
  try {
    fetched ??= fetch().then(({ messages }) => setupI18n({ locale: i18n.locale, messages: { [i18n.locale]: messages } }));
    const words = await fetched;
    return Object.hasOwn(words.messages, code) ? words._(code, values) : null;
  } catch {
    fetched = null;
    return null;
  }
}
