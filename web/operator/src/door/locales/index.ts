import type { Language } from "@stationmaster/ui/language";

/** The words of each language, a file of its own that is fetched when it is spoken. */
export const catalogues = {
  en: () => import("./en.po"),
  de: () => import("./de.po"),
  es: () => import("./es.po"),
  fr: () => import("./fr.po"),
  hi: () => import("./hi.po"),
} satisfies Record<Language, unknown>;
