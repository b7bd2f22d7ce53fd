/** Fails when the catalogue is not what `npm run messages` would write. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const catalogue = new URL("../operator/src/locales/en.po", import.meta.url);
const before = readFileSync(catalogue, "utf8");
execFileSync("npm", ["run", "-s", "messages"], { stdio: ["ignore", "ignore", "inherit"], shell: process.platform === "win32" });
const after = readFileSync(catalogue, "utf8");
if (after !== before) {
  writeFileSync(catalogue, before);
  console.error("operator/src/locales/en.po is out of date: run `npm run messages` and commit what it writes.");
  process.exit(1);
}
