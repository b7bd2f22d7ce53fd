import "@stationmaster/ui/styles";
import { refresh } from "@stationmaster/api";
import { speak } from "@stationmaster/ui/language";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Gate } from "./door/Gate";
import { catalogues } from "./door/locales";
import { rest, wasIn } from "./door/rest";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has lost its #root");
const asked = refresh();
asked.catch(() => undefined); // the gate tells of it
if (wasIn()) rest().catch(() => undefined);
await speak(catalogues);
createRoot(root).render(
  <StrictMode>
    <Gate asked={asked} />
  </StrictMode>,
);
