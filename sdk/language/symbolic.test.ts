import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { traceFlow } from "./flow.ts";
import { show, symbolic, symbolicOf, toExpression } from "./symbolic.ts";

type Loose = { readonly [name: string]: Loose };

function inFlow<T>(use: (value: Loose) => T) {
  let result: T | undefined;
  const flow = traceFlow((builder) => void (result = use(symbolic<Loose>(builder, { from: "read", path: [] }))));
  return { result: result as T, codes: flow.problems.map(({ code }) => code), flow };
}

describe("a symbolic value", () => {
  it("names its fields as edges, the same each time it is asked", () => {
    const { result, codes } = inFlow((value) => [value["list"]?.["0"]?.["name"], value["a"] === value["a"]]);
    expect(symbolicOf(result[0])?.expression).toEqual({ from: "read", path: ["list", 0, "name"] });
    expect(result[1]).toBe(true);
    expect(codes).toEqual([]);
  });

  it("is no promise, and can be looked at by inspectors and test runners", () => {
    const { result, codes } = inFlow((value) => [value["then"], inspect(value), typeof value]);
    expect(result[0]).toBeUndefined();
    expect(codes).toEqual([]);
  });

  it.each([
    ["COMPARED_SYMBOL", (value: Loose) => `${value["a"]}`],
    ["COMPARED_SYMBOL", (value: Loose) => (value["a"] as never) < 3],
    ["PRINTED_SYMBOL", (value: Loose) => JSON.stringify(value)],
    ["ITERATED_SYMBOL", (value: Loose) => [...(value as never as Iterable<unknown>)]],
    ["SPREAD_SYMBOL", (value: Loose) => ({ ...value })],
    ["SPREAD_SYMBOL", (value: Loose) => "a" in value],
    ["SPREAD_SYMBOL", (value: Loose) => Object.keys(value)],
    ["ASSIGNED_SYMBOL", (value: Loose) => delete (value as { a?: unknown }).a],
  ] satisfies [string, (value: Loose) => unknown][])("notes %s and lets the flow go on", (code, use) => {
    expect(inFlow<unknown>(use).codes).toEqual([code]);
  });

  it("throws outside of its flow, with the place", () => {
    const { result } = inFlow((value) => value);
    expect(() => `${result as unknown as string}`).toThrow(/is compared, calculated with or printed.* \(.+:\d+\)$/);
  });
});

describe("toExpression", () => {
  const expressionOf = (input: (value: Loose) => unknown) => {
    const { result, codes } = inFlow((value) => value);
    const flow = symbolicOf(result)?.flow;
    if (!flow) throw new Error("no flow");
    const expression = toExpression(flow, input(result), "The input", {});
    return { expression, codes: [...codes, ...flow.problems.map(({ code }) => code)] };
  };

  it("keeps constants together, and takes apart what holds an edge", () => {
    expect(expressionOf(() => ({ a: [1, "x", null], gone: undefined })).expression).toEqual({ const: { a: [1, "x", null] } });
    expect(expressionOf((value) => ({ a: [1, value["n"]], b: 2 })).expression).toEqual({
      record: { a: { list: [{ const: 1 }, { from: "read", path: ["n"] }] }, b: { const: 2 } },
    });
    expect(expressionOf(() => new Date(0)).expression).toEqual({ const: { $date: "1970-01-01T00:00:00.000Z" } });
  });

  it.each([
    ["a class", new Map()],
    ["a function", () => 1],
    ["NaN", Number.NaN],
    ["an invalid date", new Date("x")],
    ["a big integer", 1n],
  ])("refuses %s", (_, input) => {
    expect(expressionOf(() => ({ input })).codes).toEqual(["UNSERIALISABLE_CONSTANT"]);
  });
});

it("shows expressions as an author would write them", () => {
  expect(
    show({ record: { a: { from: "read", path: ["list", 0] }, b: { list: [{ const: "x" }, { result: "write", path: ["status"] }] } } }),
  ).toBe('{ a: read.list[0], b: ["x", result of write.status] }');
});
