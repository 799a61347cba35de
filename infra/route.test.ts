import { expect, it } from "vitest";
import { arrival } from "../sdk/language/arrival.ts";
import { asksForCustom } from "./route.ts";

const object = { container: "campus", key: "a.csv", type: "text/csv", project: "campus", user: "alice", dataProcessing: "custom" } as const;
const custom = { dataProcessing: "custom" } as const;

it.each([
  [true, "the pattern that matches asks for it", [arrival({ ...custom, types: "text/csv" }), arrival({ types: "application/json" })]],
  [false, "only another of the plan's patterns does", [arrival({ ...custom, types: "application/json" }), arrival({ types: "text/csv" })]],
  [false, "a pattern that does is outvoted by one of higher priority", [arrival(custom), arrival({ priority: 1 })]],
])("a plan takes an object for custom processing: %s where %s", (expected, _, on) => {
  expect(asksForCustom({ on }, object)).toBe(expected);
});
