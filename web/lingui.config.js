import { formatter } from "@lingui/format-po";

// What the page of guests says is fetched by a phone at a charger: it has a catalogue of its own, with the words it shares.
const GUEST = ["operator/src/guest", "operator/src/money", "operator/src/features/tariffs/elementWords.ts", "operator/src/features/tariffs/structures.ts", "ui/src/format.ts"];

/** A new language is one more locale here, and its catalogues translated; `npm run messages` writes the files. */
export default {
  sourceLocale: "en",
  locales: ["en"],
  catalogs: [
    {
      path: "<rootDir>/operator/src/locales/{locale}",
      include: ["<rootDir>/api/src", "<rootDir>/ui/src", "<rootDir>/operator/src"],
      exclude: ["**/*.gen.ts", "**/schema.ts", "**/operator/src/guest/**"],
    },
    {
      path: "<rootDir>/operator/src/guest/locales/{locale}",
      include: GUEST.map((part) => `<rootDir>/${part}`),
    },
  ],
  format: formatter({ lineNumbers: false }),
  orderBy: "message",
};
