import { randomUUID } from "node:crypto";
import { ApplicationFailure, Context } from "@temporalio/activity";
import { DefaultLogger, NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import type { Activities, Admitted, Closing, MapPart, MapWindow, StageResult, StageWork } from "../activities/contract.ts";
import { joinMapParts, patchMapPart } from "../activities/stages/map-parts.ts";
import { runMapWindow } from "../activities/stages/run-map-window.ts";
import { readEnvironment } from "../infra/config.ts";
import { connectTemporal, type Temporal } from "../infra/temporal.ts";
import type { Arrival } from "../sdk/contracts/arrival.ts";
import type { Failure } from "../sdk/contracts/errors.ts";
import { after, arrival, dag, map, object, rule, task } from "../sdk/index.ts";
import { mongoDocuments } from "../sdk/integrators.ts";
import { compileDag } from "../sdk/plan/compile.ts";
import type { PublishedPlan } from "../sdk/plan/plan.ts";
import { createBench } from "../sdk/testing/bench.ts";
import { testObject } from "../sdk/testing/test-object.ts";
import { workflowBundle } from "../workers/workflow-bundle.ts";
import type { IngestInput, IngestResult } from "./contract.ts";

const env = readEnvironment();
const taskQueue = `ingest-${randomUUID()}`;

/** What the engine does in the world, said by each test; the workflows and Temporal are the real ones. */
let world: {
  readonly plans: readonly PublishedPlan[];
  readonly custom?: readonly string[];
  readonly admit?: () => void;
  /** Why none of it can be done again as was asked. */
  readonly declined?: Failure;
  readonly length?: number;
  readonly stage?: (work: StageWork) => StageResult;
  readonly window?: (window: MapWindow) => MapPart | Promise<MapPart>;
  readonly undo?: () => void;
};
let calls: string[];
let closed: Closing[];
let events: readonly { readonly timerStartedEventAttributes?: unknown }[];

const succeed = ({ nodes, members }: StageWork, value: unknown = null): StageResult =>
  members.map(() =>
    Object.fromEntries(
      nodes.map((id) => [id, { status: "success", started: 1, took: 1, attempt: 1, value: { inline: value as null } }] as const),
    ),
  );
const codeGone = () => ApplicationFailure.nonRetryable("The code is gone.", "CODE_GONE");
const note = (what: string) => void calls.push(`${what} ${Context.current().info.isLocal ? "local" : "ordinary"}`);

const needs = { work: { put: codeGone, get: codeGone } as never, inlineBytes: 1_000_000 };
const activities = {
  admitArrivals: async (arrivals) => {
    world.admit?.();
    const { declined } = world;
    if (declined) return { plans: {}, members: arrivals.map(({ id }) => ({ arrival: id, status: "declined", failure: declined })) };
    const members = arrivals.map(({ id, container, key }): Admitted => ({
      arrival: id,
      status: "admitted",
      object: testObject({ content: "", id, container, key }),
      typeBy: "declared",
      plans: world.plans.map(({ hash }) => hash),
      ...(world.custom && { custom: world.custom }),
      claimed: "",
      previous: [],
    }));
    return { plans: Object.fromEntries(world.plans.map((published) => [published.hash, published])), members };
  },
  closeDocuments: async (closings) => {
    closed.push(...closings);
    return { unkept: [], record: "" };
  },
  runMapWindow: async (window) => {
    note(`${window.member.object.key} ${window.from}..${window.to}`);
    return await (world.window as (window: MapWindow) => MapPart | Promise<MapPart>)(window);
  },
  joinMapParts: (parts) => joinMapParts(needs, parts),
  patchMapPart: (part, mended, failed) => patchMapPart(needs, part, mended, failed),
  collectMap: async () => ({ inline: [] }),
  undoTask: async () => {
    note("undo");
    world.undo?.();
  },
  default: async (work: StageWork | MapWindow) => {
    if ("map" in work) return await (world.window as (window: MapWindow) => MapPart | Promise<MapPart>)(work);
    note(`${work.dag} of ${work.members.map(({ object: { key } }) => key).join(", ")}`);
    if (world.stage) return world.stage(work);
    return succeed(work, Array(world.length ?? 2).fill(0));
  },
} satisfies Partial<Activities> & { readonly default: (work: StageWork | MapWindow) => Promise<StageResult | MapPart> };

let temporal: Temporal;
let connection: NativeConnection;
let worker: Worker;
let working: Promise<void>;
beforeAll(async () => {
  // Some of the runs fail because they are meant to.
  Runtime.install({ logger: new DefaultLogger("ERROR") });
  temporal = await connectTemporal(env);
  connection = await NativeConnection.connect({ address: env.SLUICE_TEMPORAL_ADDRESS });
  worker = await Worker.create({
    connection,
    namespace: temporal.namespace,
    taskQueue,
    activities,
    workflowBundle: await workflowBundle(),
  });
  working = worker.run();
});
afterAll(async () => {
  worker?.shutdown();
  await working;
  await connection?.close();
  await temporal?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  [calls, closed] = [[], []];
});

const plan = (given: Parameters<typeof dag>[0]): PublishedPlan => ({ hash: given.name, plan: compileDag(dag(given)).plan, code: {} });

async function run(...keys: readonly string[]) {
  const arrivals = keys.map((key): Arrival => ({ id: key, store: "s3", tenant: "t", container: taskQueue, key, time: "", door: "s3" }));
  const input: IngestInput = { arrivals };
  const handle = await temporal.client.workflow.start<(input: IngestInput) => Promise<IngestResult>>("ingest", {
    taskQueue,
    workflowId: `ingest/${randomUUID()}`,
    args: [input],
  });
  const result = await handle.result().catch((error: Error) => error.cause);
  events = (await handle.fetchHistory()).events ?? [];
  for (const { successor } of result && typeof result === "object" && "outcomes" in result ? (result as IngestResult).outcomes : [])
    if (successor !== undefined)
      await temporal.client.workflow
        .getHandle(successor)
        .result()
        .catch(() => undefined);
  return result;
}
const closings = () => Object.fromEntries(closed.map(({ trace }) => [trace.key, trace.outcome]));
const stepsOf = (name: string) => closed.findLast(({ trace }) => trace.key === name)?.trace.dags.flatMap(({ steps }) => steps) ?? [];

const list = task({ name: "list", in: object, out: z.array(z.number()), run: () => [] });
const fall = task({ name: "fall", in: object, run: () => {} });
const double = task({ name: "double", in: z.number(), out: z.number(), run: (one) => one * 2 });
const mapping = plan({ name: "mapping", on: arrival(), flow: (arrived) => void map(list(arrived), (one) => double(one)) });

const done = ({ from, to }: MapWindow): MapPart => ({ from, to, values: { inline: Array(to - from).fill(0) }, failed: [] });

it("closes an object whose map cannot be done, and says why", async () => {
  world = {
    plans: [mapping],
    window: () => {
      throw codeGone();
    },
  };
  expect(await run("alone")).toMatchObject({ type: "CODE_GONE" });
  expect(closings()).toEqual({ alone: "quarantined" });
  expect(stepsOf("alone").at(-1)).toMatchObject({ node: "map", status: "failed", failure: { code: "CODE_GONE", task: "map" } });
  expect(calls.slice(1)).toEqual(["alone 0..2 local", "alone 0..2 ordinary"]);
});

it("leaves what a map wrote before it broke on record, children or not", async () => {
  const receipt = { sink: "mongodb", what: "documents", count: 3, where: "processed/rooms", locator: { collection: "rooms", rows: 3 } };
  world = {
    plans: [mapping],
    length: 2_500,
    window: (window) => {
      if (window.from >= 2_000) throw codeGone();
      return { ...done(window), wrote: [{ node: "double", receipt }] };
    },
  };
  expect(await run("long")).toMatchObject({ type: "CODE_GONE" });
  expect(stepsOf("long").filter(({ node }) => node !== "list")).toMatchObject([
    { node: "double", receipt: { count: 12 } },
    { node: "map", status: "failed", failure: { code: "CODE_GONE" } },
  ]);
});

it("keeps on record what each try of an item wrote, whichever of them was the last", async () => {
  let tries = 0;
  const Room = z.object({ room: z.number() });
  const rooms = task({ name: "rooms", in: object, out: z.array(Room), run: () => [] });
  const write = () => ({ sink: "test", what: "rows", count: 1, where: `place ${tries}`, locator: { place: tries } });
  const stumble = task({
    name: "stumble",
    in: Room,
    retry: { attempts: 3, initialInterval: "10ms" },
    run: () => {
      if (++tries < 3) throw new Error("It stumbles.");
    },
  });
  const flow: Parameters<typeof dag>[0]["flow"] = (arrived) => {
    map(rooms(arrived), (one) => {
      const written = mongoDocuments(one, { collection: "rooms" });
      after([written], rule.allSuccess, () => stumble(one));
    });
  };
  const published = plan({ name: "writing", on: arrival(), flow });
  const { tasks } = compileDag(dag({ name: "writing", on: arrival(), flow }));
  const bench = createBench(published.plan, tasks, { object: testObject({ content: "" }), replace: { "mongo-documents": write } });
  const library = { plan: async () => published, task: async (_: unknown, name: string) => bench.attempt(1).task(name) };
  world = {
    plans: [published],
    stage: (work) => succeed(work, [{ room: 1 }]),
    window: (window) => runMapWindow({ ...needs, library, store: codeGone, recordAttempts: async () => {} } as never, window),
  };
  await run("writing");
  expect(closings()).toEqual({ writing: "processed" });
  expect(stepsOf("writing").flatMap(({ receipt }) => receipt?.where ?? [])).toEqual(["place 2", "place 1", "place 0"]);
});

it("does not let a group wait for a map that is not done at once, nor fail by it", async () => {
  world = {
    plans: [mapping],
    window: (window) => {
      if (window.member.object.key === "broken") throw codeGone();
      return done(window);
    },
  };
  const result = await run("whole", "broken");
  expect(result).toMatchObject({ outcomes: [{ outcome: "processed" }, { outcome: "handed-over" }] });
  expect(closed.map(({ trace }) => `${trace.key} ${trace.outcome}`).toSorted()).toEqual([
    "broken handed-over",
    "broken quarantined",
    "whole processed",
  ]);
  // The group itself only tried.
  expect(calls.filter((call) => call.startsWith("broken 0"))).toEqual(["broken 0..2 local", "broken 0..2 local", "broken 0..2 ordinary"]);
});

it("gives an object that leaves its group no more attempts than are left", async () => {
  const beating = task({ name: "beating", in: object, heartbeat: "5s", retry: { attempts: 2, initialInterval: "10ms" }, run: () => {} });
  const tried: number[] = [];
  world = {
    plans: [plan({ name: "beating", on: arrival(), flow: (arrived) => void beating(arrived) })],
    stage(work) {
      if (!work.single) throw ApplicationFailure.retryable("The worker lost its store.", "STORE_LOST");
      tried.push(work.tried);
      return succeed(work);
    },
  };
  await run("one", "other");
  expect(calls.filter((call) => call.endsWith("ordinary"))).toHaveLength(4);
  expect(tried).toEqual([2, 2]);
});

it("fails a group of which none can be done again as was asked, and says of each that it stays as it was", async () => {
  const declined = { code: "NO_SUCH_TASK", kind: "terminal", message: "No plan has a task b.", fingerprint: "NO_SUCH_TASK" } as const;
  world = { plans: [], declined };
  const outcomes = ["one", "other"].map((id) => ({ arrival: id, outcome: "declined", reason: declined }));
  expect(await run("one", "other")).toMatchObject({ type: "NO_SUCH_TASK", details: [{ outcomes }] });
  expect(closed).toEqual([]);
});

it("tries to undo once, and says that it failed, also where other plans run afterwards", async () => {
  const write = plan({
    name: "write",
    on: arrival({ dataProcessing: "custom" }),
    flow: (arrived) => {
      fall(arrived);
      mongoDocuments(list(arrived), { collection: "c", undo: true });
    },
  });
  const other = plan({ name: "other", on: arrival(), flow: (arrived) => void list(arrived) });
  const failure = { code: "FELL", kind: "terminal", message: "It fell.", fingerprint: "FELL" } as const;
  world = {
    plans: [write, other],
    stage: (work) => {
      if (!work.nodes.includes("fall")) return succeed(work, []);
      return work.members.map(() => ({ fall: { status: "failed", started: 1, took: 1, attempt: 1, failure } }));
    },
    undo: () => {
      throw ApplicationFailure.nonRetryable("It stays.", "NOT_UNDONE");
    },
  };
  await run("undone");
  expect(calls.filter((call) => call.startsWith("undo"))).toEqual(["undo ordinary"]);
  expect(stepsOf("undone").filter(({ status }) => status === "failed")).toMatchObject([
    { node: "fall", failure: { code: "FELL" } },
    { node: "mongo-documents", failure: { code: "NOT_UNDONE" } },
  ]);
});

it("runs custom plans before the others also where an object goes on by itself", async () => {
  const named = (name: string) => plan({ name, on: arrival(), flow: (arrived) => void list(arrived) });
  const failure = { code: "STUMBLED", kind: "retryable", message: "It stumbled.", fingerprint: "STUMBLED" } as const;
  let tries = 0;
  world = {
    plans: [named("custom"), named("other")],
    custom: ["custom"],
    stage: (work) => {
      if (work.dag !== "custom" || work.members.length === 1 || tries++ > 0) return succeed(work, []);
      return work.members.map(() => ({ list: { status: "failed", started: 1, took: 1, attempt: 1, failure } }));
    },
  };
  await run("one", "two");
  const own = calls.filter((call) => call.includes("of one"));
  expect(own).toEqual(["custom of one, two local", "custom of one ordinary", "other of one local"]);
  expect(closings()).toEqual({ one: "processed", two: "processed" });
});

it("waits for a store that is away without a place in its worker: longer pauses are timers", async () => {
  world = {
    plans: [mapping],
    window: done,
    admit: () => {
      if (Context.current().info.attempt < 5) throw new Error("The catalog is away.");
    },
  };
  await run("patient");
  expect(closings()).toEqual({ patient: "processed" });
  expect(events.filter((event) => event.timerStartedEventAttributes)).toHaveLength(1);
});
