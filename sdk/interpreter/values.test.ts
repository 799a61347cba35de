import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { ObjectInfo } from "../contracts/object.ts";
import { arrival, dag, map, match, object, task } from "../index.ts";
import { compileDag } from "../plan/compile.ts";
import { advance } from "./advance.ts";
import type { RunState } from "./settled.ts";
import { evaluate, exposedKey, exposedPaths, extend } from "./values.ts";

const info = { key: "roof.csv", type: "text/csv", metadata: { template: { measurement: "m" } } } as unknown as ObjectInfo;
const settled: RunState = {
  read: { status: "success", value: { inline: { list: [1, { deep: true }] } } },
  match: { status: "success", value: { same: { record: { of: { from: "read", path: ["list"] }, word: { const: "x" } } } } },
  large: { status: "success", value: { at: { work: "abc", size: 9 } } },
  broken: {
    status: "failed",
    failure: { code: "AWAY", kind: "retryable", message: "It is away.", fingerprint: "f", task: "broken", cause: "internal" },
  },
  left: { status: "skipped" },
};
const environment = { object: info, settled, items: { map: { name: "i" } } };
const at = (expression: Parameters<typeof evaluate>[0]) =>
  evaluate(expression, environment, ({ stored, path }) => `${stored.at?.work}${exposedKey(path)}`);

describe("evaluate", () => {
  it.each([
    [{ from: "object", path: ["metadata", "template", "measurement"] }, "m"],
    [{ from: "map", path: ["name"] }, "i"],
    [{ from: "read", path: ["list", 1, "deep"] }, true],
    [{ from: "read", path: ["list", "length"] }, 2],
    [{ from: "read", path: ["nowhere", "at", "all"] }, null],
    [{ from: "match", path: ["of", 0] }, 1],
    [{ from: "match", path: ["word"] }, "x"],
    [{ from: "large", path: ["part"] }, 'abc["part"]'],
    [{ from: "left", path: [] }, null],
    [{ result: "read", path: ["value", "list", 0] }, 1],
    [{ result: "large", path: ["value", "part"] }, 'abc["part"]'],
    [
      { result: "left", path: [] },
      { status: "skipped", value: null, failure: null },
    ],
    [
      { result: "broken", path: [] },
      { status: "failed", value: null, failure: { code: "AWAY", kind: "retryable", message: "It is away.", task: "broken" } },
    ],
    [{ list: [{ const: 1 }, { record: { key: { from: "object", path: ["key"] } } }] }, [1, { key: "roof.csv" }]],
  ] as const)("resolves %j", (expression, value) => {
    expect(at(expression)).toEqual(value);
  });
});

describe("extend", () => {
  it("names a part of what an expression is worth, whatever it is", () => {
    const record = { record: { a: { list: [{ const: { b: 1 } }, { from: "x", path: ["y"] }] } } } as const;
    expect(extend(record, ["a", 0, "b"])).toEqual({ const: 1 });
    expect(extend(record, ["a", 1, "z"])).toEqual({ from: "x", path: ["y", "z"] });
    expect(extend(record, ["c"])).toEqual({ const: null });
  });
});

describe("exposedPaths", () => {
  const read = task({
    name: "read",
    in: object,
    out: z.object({ kind: z.string(), list: z.array(z.string()) }),
    run: () => ({ kind: "a", list: [] }),
  });
  const use = task({ name: "use", in: z.string(), out: z.string(), run: (text) => text });
  const { plan } = compileDag(
    dag({
      name: "d",
      on: arrival(),
      flow(arrived) {
        const found = match(arrived.key, { a: () => read(arrived), otherwise: () => read(arrived) });
        match(found.kind, { a: () => use("a"), otherwise: () => use("b") });
        map(found.list, (item) => use(item));
      },
    }),
  );

  it("names what the plan decides by, through matches", () => {
    expect(Object.fromEntries(exposedPaths(plan))).toEqual({ read: [["kind"], ["list"]], "read:2": [["kind"], ["list"]] });
  });

  it("is enough to go on with values that are too large to travel", () => {
    const exposed = { [exposedKey(["kind"])]: "a", [exposedKey(["list"])]: { length: 100_000 } };
    const state: RunState = { "read:2": { status: "success", value: { at: { work: "abc", size: 1e9 }, exposed } } };
    const step = advance(plan, { object: info, settled: state, items: {} });
    expect(step.stages.map(({ nodes }) => nodes)).toEqual([["use"]]);
    expect(step.maps.map(({ length }) => length)).toEqual([100_000]);
  });
});
