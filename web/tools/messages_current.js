/** Fails when the English catalogues are not what `npm run messages` would write. What other languages lack is told by `tests/catalogues.test.ts`. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const catalogues = ["operator/src/locales/en.po", "operator/src/locales/reasons-en.po", "operator/src/guest/locales/en.po", "operator/src/door/locales/en.po"].map((name) => {
  const file = new URL(`../${name}`, import.meta.url);
  return { name, file, before: readFileSync(file, "utf8") };
});
execFileSync("npm", ["run", "-s", "messages"], { stdio: ["ignore", "ignore", "inherit"], shell: process.platform === "win32" });
const old = catalogues.filter(({ file, before }) => readFileSync(file, "utf8") !== before);
for (const { name, file, before } of old) {
  writeFileSync(file, before);
  console.error(`${name} is out of date: run \`npm run messages\` and commit what it writes.`);
}
process.exit(old.length > 0 ? 1 : 0);
