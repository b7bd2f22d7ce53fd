import { expect, test } from "vitest";
import { readKept } from "../operator/src/shell/keptViews";

function storage(text: string | null) {
  const removed: string[] = [];
  return { removed, getItem: () => text, removeItem: (key: string) => { removed.push(key); } };
}

test("views that a browser kept are read, whatever else stands there", () => {
  const kept = storage(JSON.stringify({ "/cards": { "Lost ones": "?q=AA0", wrong: 7 }, "/sessions": null, "/": {} }));
  const { views, forget } = readKept(kept, "ann@example.com");
  expect(views).toEqual([{ page: "/cards", name: "Lost ones", search: "?q=AA0" }]);
  forget();
  expect(kept.removed).toEqual(["stationmaster-views ann@example.com"]);
});

test.each([null, "", "no JSON", "7", "null", "[]"])("%j has no views", (text) => {
  expect(readKept(storage(text), "ann@example.com").views).toEqual([]);
});
