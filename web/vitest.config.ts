import { defineConfig } from "vitest/config";
import { macros } from "./tools/macros.ts";

export default defineConfig({
  plugins: [macros()],
  test: { include: ["tests/**/*.test.{ts,tsx}"], setupFiles: ["tests/setup.ts"] },
});
