import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const web = join(import.meta.dirname, "..");
const core = join(web, "node_modules/@mantine/core");
const sources = ["operator/src", "ui/src"].flatMap((folder) =>
  readdirSync(join(web, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".tsx"))
    .map((name) => readFileSync(join(web, folder, name), "utf8")),
);
const used = new Set(
  sources.flatMap((text) => [...text.matchAll(/import \{([^}]*)\} from "@mantine\/core"/g)].flatMap(([, names = ""]) => names.match(/\w+/g) ?? [])),
);

/** The components that make up those that are used, each by the name of its styles. */
function styles(): string[] {
  const files = new Set([...used].map((name) => join(core, `esm/components/${name}/${name}.mjs`)).filter((file) => existsSync(file)));
  for (const file of files) {
    for (const [, to = ""] of readFileSync(file, "utf8").matchAll(/from "(\.[^"]*)"/g)) files.add(join(dirname(file), to));
  }
  const all = [...files].flatMap((file) => /(\w+)\.module\.mjs$/.exec(file)?.[1] ?? []);
  return all.filter((name) => existsSync(join(core, `styles/${name}.css`)) && !isUnusedPart(name));
}

/** `Checkbox` brings `Checkbox.Card` along, whose styles are `CheckboxCard`. */
function isUnusedPart(name: string): boolean {
  const whole = [...used].find((each) => name !== each && name.startsWith(each));
  return whole !== undefined && !sources.some((text) => text.includes(`<${whole}.${name.slice(whole.length)}`));
}

test("every Mantine component in use has its styles, also one inside another", () => {
  const imported = readFileSync(join(web, "ui/src/mantineStyles.ts"), "utf8");
  expect(styles()).toContain("Combobox");
  expect(styles().filter((name) => !imported.includes(`/${name}.css`))).toEqual([]);
});
