import { createFileRoute } from "@tanstack/react-router";
import { ChargerPage } from "../ChargerPage";
import { PARTS, type Part } from "../partNames";

export const Route = createFileRoute("/chargers/$id")({
  component: ChargerPage,
  validateSearch: (search: Record<string, unknown>): { part?: Part } => {
    const part = PARTS.find((each) => each === search.part);
    return part ? { part } : {};
  },
  staticData: { title: ({ id = "" }) => id, permission: "view" },
});
