import { i18n } from "@lingui/core";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { messages } from "./locales/en.po";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has lost its #root");
// Before anything is drawn. Another language loads the page anew, so that every word is asked for again.
i18n.loadAndActivate({ locale: "en", messages });
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
