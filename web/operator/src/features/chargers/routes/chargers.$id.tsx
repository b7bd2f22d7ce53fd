import { createFileRoute } from "@tanstack/react-router";
import { ChargerPage } from "../ChargerPage";

export const Route = createFileRoute("/chargers/$id")({
  component: ChargerPage,
  staticData: { title: ({ id = "" }) => id, permission: "view" },
});
