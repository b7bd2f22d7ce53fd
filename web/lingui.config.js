import { formatter } from "@lingui/format-po";

/** A new language is one more locale here, and its catalogue translated; `npm run messages` writes the file. */
export default {
  sourceLocale: "en",
  locales: ["en"],
  catalogs: [
    {
      path: "<rootDir>/operator/src/locales/{locale}",
      include: ["<rootDir>/api/src", "<rootDir>/ui/src", "<rootDir>/operator/src"],
      exclude: ["**/*.gen.ts", "**/schema.ts"],
    },
  ],
  format: formatter({ lineNumbers: false }),
  orderBy: "message",
};
