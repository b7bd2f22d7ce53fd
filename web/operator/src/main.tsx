import { speak } from "@stationmaster/ui/language";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { catalogues } from "./locales";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has lost its #root");
await speak(catalogues);
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
