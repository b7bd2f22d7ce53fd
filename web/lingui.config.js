import { readFileSync } from "node:fs";
import babel from "@lingui/cli/api/extractors/babel";
import { formatter } from "@lingui/format-po";

// What the page of guests says is fetched by a phone at a charger: it has a catalogue of its own, with the words it shares.
const GUEST = ["operator/src/guest", "operator/src/door/LanguageSwitch.tsx", "operator/src/money", "operator/src/features/tariffs/elementWords.ts", "operator/src/features/tariffs/priceLines.ts", "operator/src/features/tariffs/structures.ts", "ui/src/format.ts"];
// So is what the login says, which is all that is fetched before somebody can type.
const DOOR = "operator/src/door";
const { languages } = JSON.parse(readFileSync(new URL("ui/src/languages.json", import.meta.url), "utf8"));

/** The reasons of the server, which `make generate` finds in its sources: the English sentence by its code. */
const reasons = {
  match: (filename) => filename.endsWith("reasons.json"),
  extract: (filename, code, found) => {
    for (const [id, message] of Object.entries(JSON.parse(code))) found({ id, message, comment: message, origin: [filename, 1], placeholders: {} });
  },
};

/** A new language is one more in `ui/src/languages.json` and in the three lists of catalogues; `npm run translations` writes its files. */
export default {
  sourceLocale: "en",
  locales: Object.keys(languages),
  catalogs: [
    // Before the next, whose path fits its files as well: the first that fits a file is taken for it.
    {
      path: "<rootDir>/operator/src/locales/reasons-{locale}",
      include: ["<rootDir>/api/reasons.json"],
    },
    {
      path: "<rootDir>/operator/src/locales/{locale}",
      include: ["<rootDir>/api/src", "<rootDir>/ui/src", "<rootDir>/operator/src"],
      exclude: ["**/*.gen.ts", "**/schema.ts", "**/operator/src/guest/**", `**/${DOOR}/**`],
    },
    {
      path: "<rootDir>/operator/src/guest/locales/{locale}",
      include: GUEST.map((part) => `<rootDir>/${part}`),
    },
    {
      path: `<rootDir>/${DOOR}/locales/{locale}`,
      include: [`<rootDir>/${DOOR}`],
    },
  ],
  format: formatter({ lineNumbers: false }),
  extractors: [babel.default ?? babel, reasons],
  orderBy: "message",
};
