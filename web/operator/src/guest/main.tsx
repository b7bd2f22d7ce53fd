import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@stationmaster/ui/styles.css";
import "./guest.css";
import { Guest } from "./Guest";
import { messages } from "./locales/en.po";
import { Owed } from "./Owed";

const root = document.getElementById("root");
if (!root) throw new Error("pay.html has lost its #root");
i18n.loadAndActivate({ locale: "en", messages });
const [, , place = "", claim] = window.location.pathname.split("/");
createRoot(root).render(
  <StrictMode>
    <I18nProvider i18n={i18n}>
      {place === "claims" && claim ? <Owed claim={claim} /> : <Guest place={place} asked={new URLSearchParams(window.location.search).get("visit")} />}
    </I18nProvider>
  </StrictMode>,
);
