import { lingui } from "@lingui/vite-plugin";
import { tanstackRouter } from "@tanstack/router-plugin/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { macros } from "../tools/macros.ts";

// `npm run dev` shows the pages as they are being written, with the chargers of a running server (`make run`).
const server = process.env.STATIONMASTER ?? "http://localhost:8080";

// Without them a page asks for some 130 small files, and a browser for six at a time. The guest's page loads the first three only.
// Browsers keep a file until it changes: libraries change less often than we do. What is fetched first, `first` and what it shares, is all that the login
// needs, which whoever is on a phone waits for: tests/web/test_first_load.py holds it small. The pages come with `app.tsx`.
const SHARED = [
  { name: "styles", test: /web\/ui\/src\/styles\.css/, priority: 6 },
  { name: "react", test: /node_modules\/(react|react-dom|scheduler|@lingui)\//, priority: 5 },
  { name: "base", test: /vite\/preload-helper|web\/(api\/src|ui\/src\/(format|language)|operator\/src\/(guest|door\/LanguageSwitch|features\/(sites\/hours|tariffs\/(elementWords|priceLines|structures))))/, minShareCount: 2, priority: 4 },
  { name: "first", test: /node_modules\/|web\/(ui\/src|operator\/src\/(?!guest))/, tags: ["$initial" as const], priority: 3 },
  { name: "libraries", test: /node_modules\/(?!echarts|zrender|write-excel-file)/, minShareCount: 2, priority: 2 },
  { name: "shared", test: /web\/(ui|operator)\/src\/(?!guest)/, minShareCount: 3, priority: 1 },
];

export default defineConfig({
  root: import.meta.dirname,
  plugins: [tanstackRouter({ target: "react", autoCodeSplitting: true }), macros(), react(), lingui()],
  server: { proxy: { "/api": { target: server, changeOrigin: true } } },
  build: {
    outDir: "../../stationmaster/web/dist",
    emptyOutDir: true,
    target: "es2022",
    // The content security policy allows no data: fonts or images, so every asset stays a file.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: ["index.html", "pay.html"].map((page) => `${import.meta.dirname}/${page}`),
      output: { codeSplitting: { groups: SHARED } },
    },
    // ECharts, loaded only with the first chart, is the one chunk that is large by nature.
    chunkSizeWarningLimit: 700,
  },
});
