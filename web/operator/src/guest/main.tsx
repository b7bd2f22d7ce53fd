import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";
import { I18nProvider } from "@lingui/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { speak } from "@stationmaster/ui/language";
import "@stationmaster/ui/styles.css";
import "./guest.css";
import { Guest } from "./Guest";
import { catalogues } from "./locales";
import { Owed } from "./Owed";

const root = document.getElementById("root");
if (!root) throw new Error("pay.html has lost its #root");
await speak(catalogues);
document.title = t`Pay and charge`;
const [, , place = "", claim] = window.location.pathname.split("/");
createRoot(root).render(
  <StrictMode>
    <I18nProvider i18n={i18n}>
      {place === "claims" && claim ? <Owed claim={claim} /> : <Guest place={place} asked={new URLSearchParams(window.location.search).get("visit")} />}
    </I18nProvider>
  </StrictMode>,
);
