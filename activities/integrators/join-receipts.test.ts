import { expect, it } from "vitest";
import type { Receipt } from "../../sdk/contracts/receipt.ts";
import { joinTries, joinWritten } from "./join-receipts.ts";

const points = (measurements: readonly string[], from: number, to: number, count = 1): Receipt => ({
  sink: "influxdb",
  what: "points",
  count,
  where: `lake/${measurements.join(",")}`,
  locator: { database: "lake", object: 7, measurements, from, to },
});
const documents = (item: string, collection = "c", by = "row"): Receipt => ({
  sink: "mongodb",
  what: "documents",
  count: 2,
  where: `processed/${collection}`,
  locator: { database: "processed", collection, object: 7, id: "7", version: "v1", own: `7/dag/write[${item}]`, by, rows: 2 },
});
const graph = (labels: readonly string[], types: readonly string[]): Receipt => ({
  sink: "neo4j",
  what: "nodes and relations",
  count: 3,
  where: "",
  locator: { object: 7, labels, types },
});
const join = (...receipts: readonly Receipt[]) =>
  joinWritten(receipts.map((receipt) => ({ node: "write", receipt }))).map(({ receipt }) => receipt);

it("covers all points' measurements and times, and an item without points changes neither", () => {
  expect(join(points(["b"], 5, 9), points([], 0, -1, 0), points(["a"], 2, 3))).toEqual([{ ...points(["a", "b"], 2, 9, 2) }]);
});

it("names no measurement where there are too many to name", () => {
  const [one] = join(...Array.from({ length: 101 }, (_, at) => points([`m${at}`], at, at)));
  expect(one).toMatchObject({ count: 101, where: "lake/many measurements", locator: { measurements: [], from: 0, to: 100 } });
});

it("finds the documents of all items by the node's name, in one receipt for each collection", () => {
  const joined = join(
    documents("0"),
    documents("1/12"),
    documents("2", "d"),
    documents("3", "c", "columns"),
    documents("4", "c", "columns"),
  );
  expect(joined.map(({ count, where, locator }) => [count, where, locator["by"], locator["own"], locator["rows"]])).toEqual([
    [4, "processed/c", "items", "7/dag/write", 4],
    [2, "processed/d", "items", "7/dag/write", 2],
    [4, "processed/c", "columns", "7/dag/write", 4],
  ]);
});

it("joins labels and types of graphs", () => {
  expect(join(graph(["B"], []), graph(["A", "B"], ["IN"]))).toEqual([{ ...graph(["A", "B"], ["IN"]), count: 6, where: ":A :B -[:IN]->" }]);
});

it("keeps nodes apart, and does not grow when it is done in parts", () => {
  const written = [0, 1, 2, 3].map((item) => ({ node: item % 2 ? "odd" : "even", receipt: documents(String(item)) }));
  const whole = joinWritten(written);
  expect(whole.map(({ node, receipt }) => [node, receipt.count])).toEqual([
    ["even", 4],
    ["odd", 4],
  ]);
  expect(joinWritten([...joinWritten(written.slice(0, 2)), ...joinWritten(written.slice(2))])).toEqual(whole);
});

it("counts what several tries wrote once, the latest, and finds what only an earlier one did", () => {
  const of = (receipt: Receipt) => ({ node: "write", receipt });
  const latest = [of(points(["a"], 5, 6, 2)), of(documents("0"))];
  const before = [of(points(["b"], 1, 2, 3)), of(documents("0", "d"))];
  const first = [of(points(["a"], 5, 6, 4)), of(documents("0", "d"))];
  const joined = joinTries([latest, before, first]).map(({ receipt }) => receipt);
  expect(joined.map(({ count, where }) => [count, where])).toEqual([
    [2, "lake/a,b"],
    [2, "processed/c"],
    [2, "processed/d"],
  ]);
  expect(joined[0]?.locator).toMatchObject({ measurements: ["a", "b"], from: 1, to: 6 });
});
