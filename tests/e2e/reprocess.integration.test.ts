import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workContainer } from "../../activities/work/work-area.ts";
import type { ReprocessingRequest, ReprocessingRun } from "../../gateway/client.ts";
import { type Engine, startEngine } from "./engine.ts";
import type { Landed } from "./observe.ts";
import { until } from "./until.ts";

let engine: Engine;
beforeAll(async () => void (engine = await startEngine()));
afterAll(() => engine?.[Symbol.asyncDispose]());

const nameOf = ({ container, key }: Landed) => `${container}/${key}`;

async function ended(id: string): Promise<ReprocessingRun> {
  return await until(`the reprocessing ${id} has ended`, 40_000, async () => {
    const run = await engine.client.reprocessing(id);
    return ["completed", "failed", "cancelled"].includes(run.state) && run;
  });
}

async function reprocess(landed: readonly Landed[], how: Omit<ReprocessingRequest, "selection"> = {}): Promise<ReprocessingRun> {
  return await ended((await engine.client.reprocess({ selection: { objects: landed.map(nameOf) }, ...how })).id);
}

const put = async (key: string, content: string) => {
  const landed = await engine.put(key, content, { type: "application/json" });
  expect((await engine.outcome(landed)).state).toBe("processed");
  return landed;
};

describe("a reprocessing of named objects", () => {
  it("processes each once more, says so, and names what the catalog does not know", async () => {
    const landed = await put("again/chain/named", "some words");
    const started = await engine.client.reprocess({ selection: { objects: [nameOf(landed), `${engine.container}/never`] } });
    expect(started).toMatchObject({ unknown: [{ key: "never" }] });
    expect(await ended(started.id)).toMatchObject({ state: "completed", selected: 1, started: 1, processed: 1, failed: 0, failures: [] });
    expect(await engine.notes.of("again/chain/named")).toEqual(["weigh", "stamp", "told of 1", "weigh", "stamp", "told of 1"]);
    const { document, runs } = await engine.trace("again/chain/named");
    expect(document).toMatchObject({ successful_count: 2, failed_count: 0 });
    expect(runs.map(({ door }) => door)).toEqual(["s3", "reprocess"]);
    expect((await engine.client.reprocessings()).map(({ id }) => id)).toContain(started.id);
  });

  it("counts and names what it would do, and does nothing, when tried", async () => {
    const landed = await put("again/chain/tried", "some words");
    const selection = { containers: [engine.container], key: "again/chain/tr*" };
    expect(await engine.client.tryReprocess({ selection })).toMatchObject({ count: 1, sample: [{ key: landed.key, state: "processed" }] });
    expect(await engine.notes.of(landed.key)).toEqual(["weigh", "stamp", "told of 1"]);
  });
});

describe("sluice reprocess", () => {
  it("waits for named objects and says what became of each", async () => {
    const landed = await put("again/chain/waited", "some words");
    const { stdout } = await engine.sluice("reprocess", nameOf(landed), "--wait");
    expect(stdout).toMatch(/^✓ .*again\/chain\/waited {2}application\/json → e2e-again: 1 document in mongodb/);
    const refused = engine.sluice("reprocess", nameOf(landed), "--wait", "--json", "--from", "nothing");
    const { stdout: said } = await refused.catch((error: { stdout: string }) => error);
    expect(JSON.parse(said)).toMatchObject({ ok: false, reprocessing: { failed: 1, failures: [{ code: "NO_SUCH_TASK" }] } });
  });

  it("leaves it running where it is interrupted, and says how to go on", async () => {
    const watching = engine.sluice("reprocess", "--container", engine.container, "--key", "again/chain/*", "--rate", "0.1", "--wait");
    let told = "";
    watching.stderr.on("data", (words: Buffer) => (told += words.toString()));
    const id = await until("it says which it is", 20_000, async () => /^Reprocessing (\S+) is under way/.exec(told)?.[1]);
    watching.kill("SIGINT");
    await expect(watching).rejects.toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`sluice reprocess watch ${id}`) as string,
    });
    expect(await engine.client.reprocessing(id)).toMatchObject({ state: "running", rate: 0.1 });
    await engine.client.steerReprocessing(id, "cancel");
    expect(await ended(id)).toMatchObject({ state: "cancelled" });
  });
});

describe("a reprocessing from a task", () => {
  it("executes none of its ancestors, and keeps what they wrote", async () => {
    const landed = await put("again/chain/from", "some words");
    const before = await engine.outcome(landed);
    expect(await reprocess([landed], { from: "stamp" })).toMatchObject({ processed: 1, failures: [] });
    expect(await engine.notes.of(landed.key)).toEqual(["weigh", "stamp", "told of 1", "stamp", "told of 1"]);

    expect(await reprocess([landed], { from: "tell", plan: "then" })).toMatchObject({ processed: 1, failures: [] });
    expect((await engine.notes.of(landed.key)).slice(5)).toEqual(["told of 1"]);
    const after = await engine.outcome(landed);
    expect(after.receipts).toHaveLength(before.receipts.length);
    expect(await Promise.all(after.receipts.map((receipt) => engine.readBack.count(receipt)))).toEqual([1]);
    const steps = (await engine.trace(landed.key)).runs.at(-1)?.dags[0]?.steps ?? [];
    expect(steps.map(({ node, mode }) => [node, mode])).toEqual([
      ["weigh", "kept"],
      ["stamp", "kept"],
      ["mongo-documents", "kept"],
      ["tell", "local"],
    ]);
    // In full again, it replaces what was kept meanwhile.
    expect(await reprocess([landed])).toMatchObject({ processed: 1 });
    const full = await engine.outcome(landed);
    expect(await Promise.all([...after.receipts, ...full.receipts].map((receipt) => engine.readBack.count(receipt)))).toEqual([0, 1]);
  });

  it("is refused where results are no longer in the work area, naming them, and leaves the object as it is", async () => {
    const landed = await put("again/chain/large", `large ${engine.container}`);
    const before = await engine.outcome(landed);
    expect(await reprocess([landed], { from: "stamp" })).toMatchObject({ processed: 1, failures: [] });
    const [{ dags } = { dags: [] }] = await engine.catalog.results.find({ version: landed.version }).toArray();
    const kept = dags[0]?.settled["weigh"];
    const at = kept?.status === "success" && "at" in kept.value ? (kept.value.at?.work ?? "") : "";
    await engine.store.delete(workContainer, at);

    const run = await reprocess([landed], { from: "stamp" });
    expect(run).toMatchObject({
      state: "completed",
      processed: 0,
      failed: 1,
      failures: [{ code: "INPUTS_GONE", example: nameOf(landed) }],
    });
    expect(run.failures[0]?.message).toContain(`weigh (${at})`);
    expect(await engine.outcome(landed)).toMatchObject({ state: "processed", receipts: [{ where: before.receipts[0]?.where }] });
    expect((await engine.trace(landed.key)).runs.at(-1)).toMatchObject({ outcome: "declined", dags: [], reason: { code: "INPUTS_GONE" } });
    // What was declined may be done in another way.
    expect(await reprocess([landed])).toMatchObject({ processed: 1 });
  });

  it("is refused where it would need rows, naming where to begin", async () => {
    const landed = await put("again/rows/refused", JSON.stringify({ sensor: `${engine.container} rows`, from: 0, points: 3 }));
    const run = await reprocess([landed], { from: "influx-points" });
    expect(run).toMatchObject({ failed: 1, failures: [{ code: "ROWS_NOT_KEPT" }] });
    expect(run.failures[0]?.message).toContain("Begin from read.");
    expect(await reprocess([landed], { from: "tell" })).toMatchObject({ processed: 1, failures: [] });
    expect(await engine.notes.of(landed.key)).toEqual(["told of 3", "told of 3"]);
    expect(await reprocess([landed], { from: "nothing" })).toMatchObject({ failures: [{ code: "NO_SUCH_TASK" }] });
  });
});

describe("a plan that has changed", () => {
  const name = "e2e-versions-again";
  const dagFile = (version: string, telling: string) => `
import { arrival, dag, object, task, terminal } from "sluice/sdk";
import { mongoDocuments } from "sluice/integrators";
import { z } from "zod";

const judge = task({ name: "judge", in: object, out: z.string(), run: () => "judged by ${version}" });
const tell = task({ name: "tell", in: z.string(), out: z.object({ judged: z.string() }), run: (judged) => ${telling} });

export default dag({
  name: "${name}",
  on: arrival({ container: "e2e-*", key: "${name}/**" }),
  flow: (arrived) => mongoDocuments(tell(judge(arrived)), { collection: "e2e_versions_again" }),
});
`;
  const publish = async (version: string, telling = "({ judged })") => {
    const find = async () => (await engine.client.dags()).find((dag) => dag.name === name) && (await engine.client.dag(name));
    const before = await find();
    await writeFile(join(engine.dags, `${name}.ts`), dagFile(version, telling));
    await until(`${version} is in force`, 20_000, async () => {
      const now = await find();
      return now !== undefined && now.code["judge"] !== before?.code["judge"];
    });
  };

  const judgedOf = async ({ key }: Landed) => {
    const written = engine.catalog.database("processed").collection("e2e_versions_again");
    const documents = await written.find({ "_object.container": engine.container, "_object.key": key }).toArray();
    return documents.map((document) => document["judged"] as string);
  };

  it("goes on from a task that failed and was mended, behind what is as it was in the same file", async () => {
    await publish("the broken", '{ throw terminal("NO_WORDS", "It has no words.") }');
    const landed = await engine.put(`${name}/mended`, "{}", { type: "application/json" });
    expect(await engine.outcome(landed)).toMatchObject({ state: "quarantined", reason: { code: "NO_WORDS" } });
    await publish("the broken", "({ judged: judged.toUpperCase() })");
    expect(await reprocess([landed], { from: "tell" })).toMatchObject({ processed: 1, failures: [] });
    expect(await judgedOf(landed)).toEqual(["JUDGED BY THE BROKEN"]);
    const steps = (await engine.trace(landed.key)).runs.at(-1)?.dags[0]?.steps ?? [];
    expect(steps.map(({ node, mode }) => [node, mode])).toEqual([
      ["judge", "kept"],
      ["tell", "local"],
      ["mongo-documents", "local"],
    ]);
  });

  it("is run as it was then, or as it is now; nothing begins behind what has changed", async () => {
    await publish("the first");
    const landed = await put(`${name}/1`, "{}");
    const judged = () => judgedOf(landed);
    const stale = { containers: [engine.container], key: landed.key, notByCurrent: name };
    expect(await engine.client.tryReprocess({ selection: stale })).toMatchObject({ count: 0 });
    await publish("the second");
    expect(await engine.client.tryReprocess({ selection: stale })).toMatchObject({ count: 1 });

    expect(await reprocess([landed], { plan: "then" })).toMatchObject({ processed: 1 });
    expect(await judged()).toEqual(["judged by the first"]);
    const refused = await reprocess([landed], { from: "tell" });
    expect(refused).toMatchObject({ failed: 1, failures: [{ code: "PLAN_CHANGED" }] });
    expect(refused.failures[0]?.message).toMatch(/judge runs other code \([0-9a-f]{12} then, [0-9a-f]{12} now\)/);
    expect(await reprocess([landed], { from: "tell", plan: "then" })).toMatchObject({ processed: 1, failures: [] });
    expect(await judged()).toEqual(["judged by the first"]);

    expect(await ended((await engine.client.reprocess({ selection: stale })).id)).toMatchObject({ processed: 1 });
    expect(await judged()).toEqual(["judged by the second"]);
    expect(await engine.client.tryReprocess({ selection: stale })).toMatchObject({ count: 0 });
  });
});

describe("a plan that was cut off in the middle of a write", () => {
  const name = "e2e-half-written";
  const dagFile = (measurement: string, end: string) => `
import { arrival, dag, object, rows, task } from "sluice/sdk";
import { influxPoints } from "sluice/integrators";
import { z } from "zod";

const Reading = z.object({ sensor: z.string(), time: z.date(), value: z.number() });

const read = task({
  name: "read",
  in: object,
  out: rows(Reading),
  retry: { attempts: 1 },
  async *run({ key }, { signal }) {
    for (let second = 0; second < 20_000; second += 1) yield { sensor: key, time: new Date(Date.UTC(2026, 0, 1, 0, 0, second)), value: second };
    ${end}
  },
});

export default dag({
  name: "${name}",
  on: arrival({ container: "e2e-*", key: "${name}/**" }),
  flow: (arrived) => influxPoints(read(arrived), { measurement: "${measurement}", tags: ["sensor"], time: "time" }),
});
`;
  const publish = async (measurement: string, end = "") => {
    const codeInForce = async () =>
      (await engine.client.dags()).some((dag) => dag.name === name) && (await engine.client.dag(name)).code["read"];
    const before = await codeInForce();
    await writeFile(join(engine.dags, `${name}.ts`), dagFile(measurement, end));
    await until(`${measurement} is in force`, 20_000, async () => ![false, before].includes(await codeInForce()));
  };
  // Above 1 MiB rows flow as they are read.
  const putLarge = (key: string) => engine.put(`${name}/${key}`, " ".repeat(2 ** 20 + 1), { type: "text/plain" });
  const documentOf = ({ key }: Landed) => engine.client.document(engine.container, key);
  const pointsOf = (number: number) =>
    engine.readBack.count({ sink: "influxdb", what: "points", count: 0, where: "", locator: { object: number } });
  const halfWritten = (landed: Landed) =>
    until(`half of ${landed.key} is written`, 20_000, async () => {
      const { object_number: number } = await documentOf(landed).catch(() => ({ object_number: 0 }));
      return (await pointsOf(number)) > 0 && number;
    });
  const lose = async (landed: Landed) => {
    const { workflow_id } = await documentOf(landed);
    await engine.temporal.client.workflow.getHandle(workflow_id ?? "").terminate();
  };

  it("leaves nothing behind once it is mended and writes elsewhere, or its object forgotten: its task failed or its run was lost", async () => {
    const hanging = 'await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))';
    await publish("e2e_half_then", `if (key.endsWith("lost")) ${hanging}; throw new Error("broken");`);
    const [failed, lost, forgotten] = [await putLarge("failed"), await putLarge("lost"), await putLarge("forgotten and lost")];
    expect(await engine.outcome(failed)).toMatchObject({
      state: "failed",
      receipts: [{ suspected: true, count: 0, where: expect.stringMatching(/e2e_half_then$/) as string }],
    });
    const before = await Promise.all([failed, lost, forgotten].map(halfWritten));
    await Promise.all([lost, forgotten].map(lose));

    const { id } = await engine.client.forget({ container: engine.container, key: forgotten.key });
    await until("it is forgotten", 60_000, async () => (await engine.client.forgetting(id)).state === "completed");
    await publish("e2e_half_now");
    expect(await reprocess([failed, lost])).toMatchObject({ processed: 2, failures: [] });
    const now = await Promise.all([failed, lost].map(async (landed) => (await documentOf(landed)).object_number));
    expect(await Promise.all([...before, ...now].map(pointsOf))).toEqual([0, 0, 0, 20_000, 20_000]);
    const receipts = (await engine.outcomes([failed, lost])).flatMap((object) => object.receipts);
    expect(receipts.map(({ count, suspected }) => [count, suspected])).toEqual([
      [20_000, undefined],
      [20_000, undefined],
    ]);
  });
});

describe("a selection", () => {
  it("finds what failed of one cause, and processes that again until it is well", async () => {
    const failing = await Promise.all(
      ["1", "2", "3"].map((number) =>
        engine.put(`trouble/chosen ${number}`, JSON.stringify({ failures: 1, kind: "terminal" }), { type: "application/json" }),
      ),
    );
    const [first] = await engine.outcomes(failing);
    expect(first).toMatchObject({ state: "quarantined", reason: { code: "SINK_ILL" } });
    const selection = {
      containers: [engine.container],
      fingerprints: [first?.reason?.fingerprint ?? ""],
      dags: ["e2e-trouble"],
      types: ["application/*"],
    };
    const run = await ended((await engine.client.reprocess({ selection })).id);
    expect(run).toMatchObject({ state: "completed", selected: 3, processed: 3, quarantined: 0 });
    expect(await engine.client.tryReprocess({ selection })).toMatchObject({ count: 0 });
  });

  it("counts what fails again, by cause, though each goes on in a run of its own", async () => {
    const failing = await Promise.all(
      ["1", "2"].map((number) =>
        engine.put(`trouble/hopeless ${number}`, JSON.stringify({ failures: 99, kind: "terminal" }), { type: "application/json" }),
      ),
    );
    await engine.outcomes(failing);
    const selection = { containers: [engine.container], key: "trouble/hopeless*", states: ["quarantined" as const] };
    const run = await ended((await engine.client.reprocess({ selection })).id);
    expect(run).toMatchObject({ selected: 2, started: 2, processed: 0, quarantined: 2, failures: [{ code: "SINK_ILL", count: 2 }] });
  });
});
