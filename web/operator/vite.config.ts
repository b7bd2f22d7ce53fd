import { lingui } from "@lingui/vite-plugin";
import { tanstackRouter } from "@tanstack/router-plugin/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { macros } from "../tools/macros.ts";

// `npm run dev` shows the pages as they are being written, with the chargers of a running server (`make run`).
const server = process.env.STATIONMASTER ?? "http://localhost:8080";

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
    // React changes seldom: a file of its own stays in browsers from one version of ours to the next.
    rolldownOptions: { input: ["index.html", "pay.html"].map((page) => `${import.meta.dirname}/${page}`), output: { codeSplitting: { groups: [{ name: "react", test: /node_modules\/(react|react-dom|scheduler)\// }] } } },
    // ECharts, loaded only with the first chart, is the one chunk that is large by nature.
    chunkSizeWarningLimit: 700,
  },
});
