import a11y from "eslint-plugin-jsx-a11y";
import lingui from "eslint-plugin-lingui";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** What no person reads: class names, keys, addresses, units, words of OCPP. */
const NOT_WORDS = [
  "^( · )?Stationmaster$",
  "^Ctrl K$",
  "^(Heartbeat|Reset|Local|Central) *$",
  "^ ?UTC$",
  "^[^A-Za-z]*$", "^[a-z0-9_:./#$*-]*$", "^(?![A-Z][a-z]+$)\\S+$"];

export default tseslint.config(
  { ignores: ["**/node_modules", "operator/public", "**/*.gen.ts", "api/src/schema.ts"] },
  ...tseslint.configs.strict,
  a11y.flatConfigs.recommended,
  {
    plugins: { "react-hooks": hooks },
    // Its other rules compile each file first, which takes four times as long as all rules here: `npm run lint:deep` has them, which CI runs apart.
    rules: { "react-hooks/rules-of-hooks": "error", "react-hooks/exhaustive-deps": "warn" },
  },
  {
    rules: {
      "max-lines": ["error", 300],
      "no-restricted-syntax": [
        "error",
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: "What a charger says is hostile: let React escape it.",
        },
      ],
      // The sign-in field is the one thing on its page.
      "jsx-a11y/no-autofocus": "off",
    },
  },
  {
    // Every word that people read goes through the catalogue.
    files: ["ui/src/**/*.tsx", "operator/src/**/*.tsx", "operator/src/**/*.ts", "ui/src/**/*.ts"],
    plugins: { lingui },
    rules: {
      "lingui/no-unlocalized-strings": [
        "error",
        {
          ignore: NOT_WORDS,
          ignoreNames: [
            "className", "style", "styles", "key", "id", "type", "to", "path", "d", "viewBox", "fill", "stroke", "testid", "href", "variant",
            "width", "maxHeight", "mah", "gridTemplateColumns", "shortcut", "valueFormat", "fontFamily", "fontFamilyMonospace", "formatter",
            "Word", "SHORT", "LINES",
          ],
          ignoreFunctions: ["Error", "*.getPropertyValue", "*.includes", "*.replaceAll", "*.replace", "*.startsWith", "Intl.*", "import"],
        },
      ],
    },
  },
  { files: ["operator/src/routes.ts", "ui/src/icons.tsx", "ui/src/theme.ts"], rules: { "lingui/no-unlocalized-strings": "off" } },
);
