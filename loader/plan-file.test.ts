import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json } from "../sdk/contracts/json.ts";
import { loadDagFile } from "./load.ts";
import type { LoadedFile } from "./loaded.ts";
import { loadPlanFile } from "./plan-file.ts";
import type { TaskTable } from "./plan-file/tasks.ts";

let folder: string;
let dags: LoadedFile;
let table: TaskTable;

const tasksAndTwin = `import { after, arrival, dag, map, match, object, rows, rule, task } from "sluice/sdk";
import { influxPoints } from "sluice/integrators";
import { z } from "zod";
const Reading = z.object({ sensor: z.string(), time: z.date(), value: z.number() });
export const csv = task({ name: "csv", in: object, out: rows(Reading), async *run() {} });
export const json = task({ name: "json", in: object, out: rows(Reading), async *run() {} });
export const names = task({ name: "names", in: object, out: z.array(z.string()), run: () => [] });
export const greet = task({ name: "greet", in: z.object({ name: z.string(), loud: z.boolean() }), out: z.string(), run: ({ name }) => name });
export const tell = task({ name: "tell", in: z.object({ why: z.string().nullable() }), run() {} });
export default dag({
  name: "twin", on: arrival({ container: "campus", types: ["text/csv", "application/json"] }),
  flow(object) {
    const readings = match(object.type, { "text/csv": () => csv(object), "application/json": () => json(object) });
    const points = influxPoints(readings, { measurement: "readings", tags: ["sensor"] });
    map(names(object), (item) => greet({ name: item, loud: true }), { concurrency: 4, tolerate: "10%" });
    after([points], rule.anyFailed, ([result]) => tell({ why: result.failure.message }), { recovers: true });
  },
});`;

const twin = {
  dag: "twin",
  on: { container: "campus", types: ["text/csv", "application/json"] },
  nodes: {
    after: {
      after: ["influx-points"],
      rule: "anyFailed",
      recovers: true,
      nodes: { tell: { task: "tell", input: { why: { result: "influx-points.failure.message" } } } },
    },
    match: {
      match: { from: "object.type" },
      cases: {
        "text/csv": { nodes: { csv: { task: "csv", input: { from: "object" } } }, result: { from: "csv" } },
        "application/json": { nodes: { json: { task: "json", input: { from: "object" } } }, result: { from: "json" } },
      },
    },
    "influx-points": { task: "influxPoints", input: { from: "match" }, options: { measurement: "readings", tags: ["sensor"] } },
    names: { task: "names", input: { from: "object" } },
    map: {
      map: { from: "names" },
      nodes: { greet: { task: "greet", input: { name: { from: "map" }, loud: true } } },
      result: { from: "greet" },
      concurrency: 4,
      tolerate: "10%",
    },
  },
} as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-plan-"));
  await writeFile(join(folder, "twin.ts"), tasksAndTwin);
  dags = await loadDagFile(join(folder, "twin.ts"), { cache: join(folder, "cache") });
  table = new Map([...dags.tasks].map(([name, task]) => [name, [{ task, codeHash: dags.codeHash, file: dags.file }]]));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(content: Json | string): Promise<LoadedFile> {
  const file = join(folder, "plan.dag.json");
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content, null, 1));
  return loadPlanFile(file, table);
}

const node = (entry: Json) => ({ dag: "d", on: {}, nodes: { n: entry } });
const found = async (content: Json | string) => (await load(content)).problems.map(({ line, code }) => `${line} ${code}`);

describe("a plan written as JSON", () => {
  it("compiles to the same nodes, scopes and stages as its twin in TypeScript, in whatever order it is written", async () => {
    const [expected] = dags.dags;
    const loaded = await load(twin);
    expect(loaded.problems).toEqual([]);
    const [actual] = loaded.dags;
    const byId = (entries: readonly { id: string }[] = []) => [...entries].sort((a, b) => a.id.localeCompare(b.id));
    expect(byId(actual?.plan.nodes)).toEqual(byId(expected?.plan.nodes));
    expect(byId(actual?.plan.scopes)).toEqual(byId(expected?.plan.scopes));
    expect(byId(actual?.plan.stages)).toEqual(byId(expected?.plan.stages));
    expect(actual?.plan.tasks).toEqual(expected?.plan.tasks);
    expect(actual?.plan.on).toEqual(expected?.plan.on);
    expect(actual?.code).toEqual(expected?.code);
  });

  it("may be the plan that `dags show --json` prints", async () => {
    const [expected] = dags.dags;
    const loaded = await load(JSON.stringify(expected?.plan));
    expect(loaded.problems).toEqual([]);
    expect(loaded.dags[0]?.hash).toBe(expected?.hash);
  });

  it("holds the settings of an integrator in such a plan against what its handle would take", async () => {
    const plan = structuredClone(dags.dags[0]?.plan) as unknown as { tasks: { [task: string]: { [setting: string]: Json } } };
    const spec = plan.tasks["influx-points"] ?? {};
    const wrong = {
      ...spec,
      integrator: "influx-point",
      retry: { attempts: -1, initialInterval: 5_000, backoff: 0.5, maximumInterval: 1_000 },
      timeout: 0,
      site: "here",
      tiemout: 5,
    };
    const { problems, dags: none } = await load(JSON.stringify({ ...plan, tasks: { ...plan.tasks, "influx-points": wrong } }));
    expect(none).toEqual([]);
    expect(
      problems.map(({ message }) => /^At (\S+):/.exec(message)?.[1]).toSorted((one = "", other = "") => (one < other ? -1 : 1)),
    ).toEqual(
      ["", "/integrator", "/retry", "/retry/attempts", "/retry/backoff", "/site", "/timeout"].map((path) => `/tasks/influx-points${path}`),
    );
  });

  it.each<[string, Json | string, string[]]>([
    ["text that is no JSON", `{\n "dag": }`, ["2 SYNTAX"]],
    ["a node of no kind", node({ tsk: "csv" }), ["5 WRONG_FORM"]],
    ["a key that is not known", node({ task: "csv", inputs: {} }), ["5 WRONG_FORM"]],
    ["an unknown rule", node({ after: ["n"], rule: "sometimes", nodes: {} }), ["9 WRONG_FORM"]],
    ["an unknown task", node({ task: "cvs" }), ["6 UNKNOWN_TASK"]],
    ["an unknown node", node({ task: "csv", input: { from: "objekt" } }), ["7 UNKNOWN_NODE"]],
    ["an edge that cannot be read", node({ task: "tell", input: { why: { from: "object..x" } } }), ["8 WRONG_EDGE"]],
    [
      "a wrong wire",
      { dag: "d", on: {}, nodes: { a: { task: "names", input: { from: "object" } }, b: { task: "csv", input: { from: "a" } } } },
      ["11 WRONG_WIRE"],
    ],
    [
      "a circle",
      {
        dag: "d",
        on: {},
        nodes: { a: { task: "tell", input: { why: { from: "b" } } }, b: { task: "tell", input: { why: { from: "a" } } } },
      },
      ["5 CYCLE"],
    ],
    [
      "a map over what is no list",
      node({ map: { const: 3 }, nodes: { g: { task: "names", input: { from: "object" } } } }),
      ["5 MAP_NOT_LIST"],
    ],
    [
      "an unreachable branch",
      {
        dag: "d",
        on: { types: "text/csv" },
        nodes: {
          m: {
            match: { from: "object.type" },
            cases: { "text/csv": { nodes: { c: { task: "names", input: { from: "object" } } } }, "image/png": { nodes: {} } },
          },
        },
      },
      ["7 UNREACHABLE_BRANCH"],
    ],
  ])("is refused for %s, with its line", async (_, content, expected) => {
    expect(await found(content)).toEqual(expected);
  });

  it("names the pointer and what is known", async () => {
    const [problem] = (await load(node({ task: "csv", inputs: {} }))).problems;
    expect(problem?.message).toMatch(/^At \/nodes\/n: .*inputs/);
    const [unknown] = (await load(node({ task: "cvs" }))).problems;
    expect(unknown?.message).toContain("csv, greet, influx-points, json, mongo-documents");
  });

  it("asks which file is meant where two have a task of one name", async () => {
    const other = new Map(table);
    other.set("csv", [...(table.get("csv") ?? []), { task: table.get("csv")![0]!.task, codeHash: "other", file: "/dags/other.ts" }]);
    const file = join(folder, "which.dag.json");
    await writeFile(file, JSON.stringify(node({ task: "csv", input: { from: "object" } })));
    expect((await loadPlanFile(file, other)).problems).toMatchObject([
      { code: "AMBIGUOUS_TASK", message: expect.stringContaining("twin.ts, other.ts") },
    ]);
    await writeFile(file, JSON.stringify(node({ task: "other.ts#csv", input: { from: "object" } })));
    expect((await loadPlanFile(file, other)).dags[0]?.code).toEqual({ csv: "other" });
  });
});
