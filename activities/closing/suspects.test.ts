import { describe, expect, it } from "vitest";
import { z } from "zod";
import { newDocument } from "../../infra/catalog.ts";
import type { TraceStep } from "../../sdk/contracts/catalog.ts";
import { terminal, toFailure } from "../../sdk/contracts/errors.ts";
import { arrival, dag, map, object, rows, task } from "../../sdk/index.ts";
import { influxPoints, mongoDocuments } from "../../sdk/integrators.ts";
import type { JsonObject } from "../../sdk/contracts/json.ts";
import type { ObjectInfo } from "../../sdk/contracts/object.ts";
import type { Receipt } from "../../sdk/contracts/receipt.ts";
import { compileDag } from "../../sdk/plan/compile.ts";
import { testObject } from "../../sdk/testing/index.ts";
import type { Closing } from "../contract.ts";
import { leftBy, withSuspects } from "./suspects.ts";

const Reading = z.object({ sensor: z.string(), time: z.date(), value: z.number() });
const read = task({ name: "read", in: object, out: rows(Reading), async *run() {} });
const list = task({ name: "list", in: object, out: z.array(z.object({ at: z.number() })), run: () => [] });

const { plan } = compileDag(
  dag({
    name: "weather",
    on: arrival({ container: "campus" }),
    flow(arrived) {
      influxPoints(read(arrived), { measurement: "weather", tags: ["sensor"], time: "time" });
      map(list(arrived), (item) => mongoDocuments(item, { collection: "rooms" }), { concurrency: 1 });
    },
  }),
);
const mapId = plan.nodes.find(({ kind }) => kind === "map")?.id ?? "";

const suspectBy = (sink: string) => ({
  suspect: (options: JsonObject, { number }: ObjectInfo): Receipt => {
    const where = String(options["measurement"] ?? options["collection"]);
    return { sink, what: "rows", count: 0, where, locator: { object: number }, suspected: true };
  },
});
const needs = {
  library: {
    plan: async (reference: { readonly plan: string; readonly code: { readonly [task: string]: string } }) => {
      if (reference.plan !== "known") throw terminal("CODE_GONE", "The plan is not in the lake any more.");
      return { hash: "known", plan, code: reference.code };
    },
  },
  integrators: new Map([
    ["influx-points", suspectBy("influxdb")],
    ["mongo-documents", suspectBy("mongodb")],
  ]),
};

const retryable = { ...toFailure(terminal("X", "It broke.")), kind: "retryable" } as const;
const bad = toFailure(terminal("BAD", "A row is wrong."));
const points = { node: "influx-points", task: "influx-points", mode: "ordinary" } as const;

/** Where a run with these steps may have left something. */
async function suspectedOf(steps: readonly TraceStep[], hash = "known") {
  const info = testObject({ content: "", container: "campus", number: 7 });
  const trace = { outcome: "failed", dags: [{ dag: "weather", plan: hash, code: {}, outcome: "failed", steps }] };
  const [told] = await withSuspects(needs, [{ object: info, trace } as unknown as Closing]);
  return told?.trace.dags[0]?.steps.flatMap(({ node, receipt }) =>
    receipt?.suspected ? [`${node}: ${receipt.sink} ${receipt.where}`] : [],
  );
}

describe("what a failed write may have left", () => {
  const weather = ["influx-points: influxdb weather"];

  it.each<[string, readonly TraceStep[], readonly string[]]>([
    ["is told of one that failed for the world", [{ ...points, status: "failed", failure: retryable, attempt: 3 }], weather],
    ["is told of one whose rows ended early", [{ ...points, status: "upstreamFailed", failure: retryable, attempt: 1 }], weather],
    ["is nothing where nothing came to it", [{ ...points, status: "upstreamFailed", failure: retryable, untouched: true }], []],
    ["is nothing where it cleared up after a wrong input", [{ ...points, status: "failed", failure: bad, attempt: 1 }], []],
    ["may be from before a wrong input was found", [{ ...points, status: "failed", failure: bad, attempt: 2 }], weather],
    ["is nothing where it never ran", [{ node: "influx-points", task: "influx-points", status: "upstreamFailed", failure: retryable }], []],
    [
      "is all there by its receipt once it has come to its end",
      [
        { ...points, status: "failed", failure: retryable },
        { ...points, status: "success" },
      ],
      [],
    ],
    [
      "is told of a try before the last, to which nothing came",
      [
        { ...points, mode: "local", status: "failed", failure: retryable },
        { ...points, status: "upstreamFailed", failure: retryable, untouched: true },
      ],
      weather,
    ],
    [
      "is told of all that is written in a map of which an item failed",
      [{ node: `${mapId}[3]`, task: mapId, status: "failed", mode: "ordinary", failure: retryable }],
      ["mongo-documents: mongodb rooms"],
    ],
  ])("%s", async (_, steps, expected) => {
    expect(await suspectedOf(steps)).toEqual(expected);
  });

  it("is not known where the plan is gone", async () => {
    expect(await suspectedOf([{ ...points, status: "failed", failure: retryable }], "gone")).toEqual([]);
  });

  it("is whatever the plans write to, where a run never said how it ended", async () => {
    const document = newDocument({ container: "campus", key: "a.csv", store: "s3", number: 9, now: new Date() });
    expect(await leftBy(needs, document)).toEqual([]);
    const left = await leftBy(needs, { ...document, writing: ["known", "gone"] });
    expect(left.map(({ sink, where, locator }) => [sink, where, locator["object"]])).toEqual([
      ["influxdb", "weather", 9],
      ["mongodb", "rooms", 9],
    ]);
  });
});
