import { i18n, type Messages } from "@lingui/core";
import known from "./languages.json";

export type Language = keyof typeof known.languages;

/** The languages the pages have, each by its own name. */
export const LANGUAGES = Object.entries(known.languages) as [Language, string][];

const KEY = "stationmaster-language";

export function isLanguage(tag: string | null | undefined): tag is Language {
  return tag !== null && tag !== undefined && Object.hasOwn(known.languages, tag);
}

/** The first of some language tags (`de-AT`) that the pages speak; English when there is none. */
export function languageFor(tags: readonly string[]): Language {
  return tags.map((tag) => tag.split("-")[0]?.toLowerCase()).find(isLanguage) ?? "en";
}

/** What was chosen in this browser; null when nothing was, or nothing can be kept. */
export function chosenLanguage(): Language | null {
  try {
    const chosen = localStorage.getItem(KEY);
    return isLanguage(chosen) ? chosen : null;
  } catch {
    return null;
  }
}

/** Keeps the choice in this browser and loads the page anew in it, so that every word is asked for again. */
export function chooseLanguage(language: Language): void {
  if (language === i18n.locale) return;
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // Storage is switched off: the browser's own language it is, and loading anew would change nothing.
    return;
  }
  window.location.reload();
}

/** Fetches the words of the chosen language, or of the browser's, before anything is drawn. Words that cannot be had are English. */
export async function speak(catalogues: Record<Language, () => Promise<{ messages: Messages }>>): Promise<void> {
  const language = chosenLanguage() ?? languageFor(navigator.languages);
  const { messages } = await catalogues[language]();
  i18n.load(language, messages); // beside the words that are there already
  i18n.activate(language);
  document.documentElement.lang = language;
}

/** What depends on the language, made when it is first asked for. English days are written as in Britain, English numbers as everywhere. */
export function perLanguage<T>(make: (tag: string) => T): () => T {
  const made = new Map<string, T>();
  return () => {
    let one = made.get(i18n.locale);
    if (one === undefined) {
      one = make(regional(i18n.locale));
      made.set(i18n.locale, one);
    }
    return one;
  };
}

/** The order of names as people expect it: "CP 10" after "CP 9". */
export const natural = perLanguage((tag) => new Intl.Collator(tag, { numeric: true, sensitivity: "base" }));

/** Of a language that is written in several ways, the browser's own: `de-AT`, where money reads otherwise than in Germany. */
function regional(language: string): string {
  if (language === "en") return language;
  return globalThis.navigator?.languages?.find((tag) => tag.startsWith(`${language}-`)) ?? language;
}
