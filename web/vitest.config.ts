import { defineConfig } from "vitest/config";
import { macros } from "./tools/macros.ts";

// The files share one world: none changes what another sees, and loading it anew for each took three times as long as all tests.
export default defineConfig({
  plugins: [macros()],
  test: { include: ["tests/**/*.test.{ts,tsx}"], setupFiles: ["tests/setup.ts"], isolate: false, maxWorkers: 1 },
});
