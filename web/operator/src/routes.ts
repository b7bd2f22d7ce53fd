import { existsSync, readdirSync } from "node:fs";
import { physical, rootRoute } from "@tanstack/virtual-file-routes";

/** The pages: every file in `features/<area>/routes/` is one, and its name is its address. A new area needs no line here. */
const areas = readdirSync(new URL("./features", import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(new URL(`./features/${entry.name}/routes`, import.meta.url)))
  .map((entry) => entry.name)
  .sort();

export const routes = rootRoute(
  "shell/root.tsx",
  areas.map((area) => physical("", `features/${area}/routes`)),
);
