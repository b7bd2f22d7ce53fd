import { transformAsync } from "@babel/core";
import type { Plugin } from "vite";

/** Turns Lingui's macros (`t`, `Trans`, `Plural`) into what runs; files without one are left alone. */
export function macros(): Plugin {
  return {
    name: "stationmaster-macros",
    enforce: "pre",
    async transform(code, id) {
      const file = id.split("?")[0] ?? id;
      if (!/\.tsx?$/.test(file) || !/@lingui\/(core|react)\/macro/.test(code)) return null;
      const made = await transformAsync(code, {
        filename: file,
        babelrc: false,
        configFile: false,
        sourceMaps: true,
        parserOpts: { plugins: ["typescript", "jsx"] },
        plugins: ["@lingui/babel-plugin-lingui-macro"],
      });
      return made?.code ? { code: made.code, map: made.map } : null;
    },
  };
}
