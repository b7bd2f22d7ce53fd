import { expect, it } from "vitest";
import { helpOf } from "../operator/src/shell/helpWords";

const PAGES = [
  "/", "/chargers", "/chargers/SIM-001", "/map", "/analytics", "/reports", "/sites", "/sessions", "/reservations", "/firmware", "/customers", "/payments", "/tariffs", "/cards", "/alerts",
  "/review", "/refused", "/users", "/account", "/api-keys", "/webhooks", "/deliveries", "/organization", "/audit", "/my", "/my/sessions", "/my/money", "/my/profile", "/start",
];

it("says of each page what that page is for", () => {
  const words = PAGES.map(helpOf);
  expect(words.every((text) => text.length > 20)).toBe(true);
  expect(new Set(words).size).toBe(PAGES.length);
});
