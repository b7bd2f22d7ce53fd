import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { mockServer } from "./mock/plugin.ts";

// Develop against a running server with STATIONMASTER=http://localhost:8080, otherwise against the mock.
const server = process.env.STATIONMASTER;

export default defineConfig({
  plugins: [react(), ...(server ? [] : [mockServer()])],
  server: server ? { proxy: { "/api": { target: server, changeOrigin: true } } } : {},
  build: {
    outDir: "../stationmaster/web/dist",
    emptyOutDir: true,
    target: "es2022",
    // The content security policy allows no data: fonts or images, so every asset stays a file.
    assetsInlineLimit: 0,
    // ECharts, loaded only with the first chart, is the one chunk that is large by nature.
    chunkSizeWarningLimit: 700,
  },
});
