import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import type { JsonObject } from "sluice/sdk";
import { runDag, testObject } from "sluice/testing";
import { describe, expect, it } from "vitest";
import type { DagDefinition } from "../sdk/language/dag.ts";
import { typeMatches } from "../sdk/language/mime.ts";
import { settleType } from "../activities/admission/settle-type.ts";

type Sample = {
  readonly file: string;
  readonly container: string;
  readonly key: string;
  readonly contentType?: string;
  /** As the REST API takes it. */
  readonly metadata?: { readonly other_data?: JsonObject };
  readonly expect: {
    readonly state: "processed" | "quarantined";
    readonly dag: string;
    readonly sinks: { readonly [sink: string]: number };
  };
};

const folder = new URL("../dags/samples/", import.meta.url);
const samples = JSON.parse(readFileSync(new URL("expected.json", folder), "utf8")) as readonly Sample[];
const minimum = new URL("../dags/minimum/", import.meta.url);
const modules = await Promise.all((await readdir(minimum)).map((name) => import(new URL(name, minimum).href)));
const dags = modules.map(({ default: dag }: { default: DagDefinition }) => dag);

/** The integrator that writes to a sink, and how many of what it counts are in what it was given. */
const counted: { readonly [sink: string]: (written: { readonly [node: string]: readonly unknown[] }) => number } = {
  influxdb: (written) => rowsOf(written, "influx-points").length,
  mongodb: (written) => rowsOf(written, "mongo-documents").length,
  neo4j: (written) => {
    const [graph] = rowsOf(written, "neo4j-graph") as { nodes: unknown[]; relations: unknown[] }[];
    return (graph?.nodes.length ?? 0) + (graph?.relations.length ?? 0);
  },
};

function rowsOf(written: { readonly [node: string]: readonly unknown[] }, integrator: string): readonly unknown[] {
  return Object.entries(written)
    .filter(([node]) => node.startsWith(integrator))
    .flatMap(([, rows]) => rows);
}

function dagFor(type: string): DagDefinition | undefined {
  const taking = dags.filter(({ on }) => on.some(({ types }) => types.some((pattern) => typeMatches(pattern, type))));
  return taking.toSorted((a, b) => (b.on[0]?.priority ?? 0) - (a.on[0]?.priority ?? 0))[0];
}

describe("the samples that ship", () => {
  it.each(samples.map((sample) => [sample.key, sample] as const))("%s goes where expected.json says", async (key, sample) => {
    const content = readFileSync(new URL(sample.file, folder));
    const { type } = await settleType({
      key,
      head: content,
      size: content.length,
      ...(sample.contentType && { contentType: sample.contentType }),
    });
    const dag = dagFor(type);
    expect(dag?.name).toBe(sample.expect.dag);

    const object = testObject({ key, container: sample.container, type, content, metadata: sample.metadata?.other_data ?? {} });
    const run = await runDag(dag as DagDefinition, { object });
    expect(run.failure?.kind).toBe(sample.expect.state === "quarantined" ? "terminal" : undefined);
    for (const [sink, count] of Object.entries(sample.expect.sinks))
      if (counted[sink]) expect({ [sink]: counted[sink](run.written) }).toEqual({ [sink]: count });
    if (Object.keys(sample.expect.sinks).length === 0 && sample.expect.state === "processed") expect(run.written).toEqual({});
  });
});

describe("the minimum service", () => {
  it("has one DAG for each type, and one for all that is left", () => {
    for (const type of [
      "text/csv",
      "text/tab-separated-values",
      "application/json",
      "application/x-ndjson",
      "application/zip",
      "application/gzip",
      "image/heic",
      "text/plain",
      "text/html",
      "application/sql",
    ]) {
      const taking = dags.filter(({ on }) => on[0]?.types.some((pattern) => typeMatches(pattern, type)));
      const priorities = taking.map(({ on }) => on[0]?.priority ?? 0);
      expect(
        priorities.filter((priority) => priority === Math.max(...priorities)),
        type,
      ).toHaveLength(1);
      expect(Math.max(...priorities)).toBeLessThanOrEqual(-10);
      expect(dagFor(type)?.name).not.toBe("not-handled");
    }
    expect(dagFor("application/x-neocampus")?.name).toBe("not-handled");
  });
});
