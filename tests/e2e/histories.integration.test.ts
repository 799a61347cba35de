import protocol from "@temporalio/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createExecutions } from "../../infra/executions.ts";
import { createHistoryArchive, type History, type HistoryArchive } from "../../infra/histories.ts";
import { openArchiveWindow } from "../../activities/histories/archive-histories.ts";
import { tracesOfHistory } from "../../activities/histories/read-history.ts";
import type { HistoryDocument } from "../../sdk/contracts/catalog.ts";
import { type Engine, startEngine } from "./engine.ts";
import { until } from "./until.ts";

const { History: HistoryMessage } = protocol.temporal.api.history.v1;
const json = { type: "application/json" } as const;

let engine: Engine;
let archive: HistoryArchive;
beforeAll(async () => {
  engine = await startEngine();
  archive = createHistoryArchive(engine.store, engine.catalog);
});
afterAll(() => engine?.[Symbol.asyncDispose]());

/** Bytes as they are, maps in any order: the server itself has them in another one each time. */
const plain = (history: History | undefined) => HistoryMessage.toObject(HistoryMessage.fromObject(history ?? {}), { longs: String });
const handleOf = (run: { readonly workflowId: string; readonly runId?: string }) =>
  engine.temporal.client.workflow.getHandle(run.workflowId, run.runId);

/** Runs of one workflow after the other, in chains of two pages of three runs. */
async function archiveAll() {
  return await engine.temporal.client.workflow.execute("archive", {
    taskQueue: engine.container,
    workflowId: `archive/${engine.container}-${Date.now()}`,
    args: [{ overlap: 600_000, pageSize: 3, pages: 2 }],
  });
}

/** The run of an object whose task waits until it is told to go on. */
async function heldRun(key: string) {
  await engine.announce([await engine.put(key, key, { container: engine.quiet, type: "text/plain" })]);
  const [run] = await until("the run waits", 30_000, async () => {
    const found = (await engine.notes.of(key)).length > 0 && (await engine.runs(`SluiceObject = "${engine.quiet}/${key}"`));
    return found && found.length > 0 && found;
  });
  if (!run) throw new Error("no run");
  return run;
}

async function closedRuns() {
  return await Array.fromAsync(
    engine.temporal.client.workflow.list({ query: `TaskQueue = "${engine.container}" AND CloseTime > "2020-01-01T00:00:00Z"` }),
  );
}

describe("the archive of histories", { timeout: 180_000 }, () => {
  let archived: readonly HistoryDocument[];

  beforeAll(async () => {
    // One after the other, before all else: together they could become one run.
    await handleOf(await heldRun("held/terminated")).terminate("enough");
    await handleOf(await heldRun("held/cancelled")).cancel();
    const [processed, failed, mapped, ...group] = await Promise.all([
      engine.put("alone/1.json", '{"name": "alone"}', json),
      engine.put("trouble/given up", JSON.stringify({ failures: 99 }), json),
      engine.put("mapped/strict/many", JSON.stringify({ items: 1_600 }), json),
      ...["1", "leaver", "3"].map((key) =>
        engine.put(`group/${key}.json`, key === "leaver" ? "[1, 2" : "{}", { container: engine.quiet, ...json }),
      ),
    ]);
    await engine.announce(group);
    await engine.outcomes([processed, failed, mapped]);
    await engine.outcomes(group);
    await until("all have closed", 30_000, async () => (await engine.runs('ExecutionStatus = "Running"')).length === 0);

    await archiveAll();
    // The second time finds the runs of the first, a chain.
    await archiveAll();
    archived = await Array.fromAsync(archive.list());
  });

  it("holds runs of all endings, children and the parts of chains among them", () => {
    const kinds = new Set(archived.map(({ type, status }) => `${type} ${status}`));
    expect([...kinds].sort()).toEqual([
      "archive COMPLETED",
      "archive CONTINUED_AS_NEW",
      "ingest CANCELED",
      "ingest COMPLETED",
      "ingest FAILED",
      "ingest TERMINATED",
      "mapItems COMPLETED",
    ]);
  });

  it("holds each run as the server has it, event for event, under the day that it closed", async () => {
    const executions = createExecutions(engine.temporal.client);
    for (const document of archived) {
      const served = await executions.history(document.workflow_id, document._id);
      expect(plain(await archive.read(document.key)), document.workflow_id).toEqual(plain(served));
      expect(document.key).toBe(`${document.closed.toISOString().slice(0, 10).replaceAll("-", "/")}/${document._id}.json.gz`);
    }
    expect(await archive.find(archived.map(({ _id }) => _id))).toEqual(expect.arrayContaining([...archived]));
  });

  it("tells of each object what the catalog was told", async () => {
    const told = await Promise.all(archived.map(async ({ key }) => tracesOfHistory((await archive.read(key)) ?? {})));
    const closings = told.flatMap((one) => one.closings);
    for (const { trace } of closings) {
      const _id = `${trace.run_id}/${trace.container}/${trace.key}`;
      expect(await engine.catalog.traces.findOne({ _id })).toMatchObject(trace);
    }
    const counts = Map.groupBy(closings, ({ trace }) => trace.outcome);
    expect((["processed", "quarantined", "failed"] as const).map((outcome) => counts.get(outcome)?.length)).toEqual([4, 1, 1]);
    // How many come together and part again is up to the store's webhooks; the leaver is one in any case.
    expect(counts.get("handed-over")?.map(({ trace }) => trace.key)).toContain("group/leaver.json");
    expect(told.flatMap(({ open }) => open.map(({ arrival }) => arrival.key))).toEqual(expect.arrayContaining(["held/terminated"]));
  });

  it("looks at what has closed since and shortly before, and at nothing twice", async () => {
    const missed = archived.find(({ status }) => status === "FAILED") ?? expect.fail("no run has failed");
    await engine.store.delete("sluice-histories", missed.key);
    await engine.catalog.histories.deleteOne({ _id: missed._id });
    const before = (await Array.fromAsync(engine.store.list("sluice-histories"))).map(({ key, lastModified }) => [key, lastModified]);
    const begun = Date.now();
    expect(await archiveAll()).toMatchObject({ lost: 0 });
    const after = (await Array.fromAsync(engine.store.list("sluice-histories"))).map(({ key, lastModified }) => [key, lastModified]);
    expect(after).toEqual(expect.arrayContaining(before));
    // It closed before the mark: it is the overlap that finds it.
    expect((await archive.find([missed._id])).map(({ key }) => key)).toEqual([missed.key]);
    expect(await archive.read(missed.key)).toBeDefined();
    const { namespace } = engine.temporal;
    const { from } = await openArchiveWindow({ catalog: engine.catalog, archive, namespace, taskQueue: engine.container }, 600_000);
    expect(Date.parse(from) + 600_000).toBeGreaterThanOrEqual(begun);
  });

  it("is what `sluice replay` takes once Temporal has lost the runs", async () => {
    for (const run of await closedRuns())
      await engine.temporal.client.workflowService.deleteWorkflowExecution({
        namespace: engine.temporal.namespace,
        workflowExecution: { workflowId: run.workflowId, runId: run.runId },
      });
    const executions = createExecutions(engine.temporal.client);
    await until("Temporal has forgotten them", 60_000, async () => {
      const left = await Promise.all(archived.map(({ workflow_id, _id }) => executions.history(workflow_id, _id)));
      return left.every((history) => !history);
    });

    const { stdout } = await engine.sluice("replay", "--all", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, different: 0, runs: [] });
    expect(JSON.parse(stdout).replayed).toBeGreaterThanOrEqual(archived.length);
    const mapped = await engine.sluice("replay", `${engine.container}/mapped/strict/many`);
    expect(mapped.stdout.split("\n").slice(-4)).toEqual([
      expect.stringMatching(/^✓ ingest\/.*mapped\/strict\/many@\S+ {2}same {2}\d+ events, from the archive$/),
      expect.stringMatching(/^✓ ingest\/.*\/map\[0\.\.1500\) {2}same/),
      expect.stringMatching(/^✓ ingest\/.*\/map\[1500\.\.1600\) {2}same/),
      expect.stringMatching(/^\d runs replayed, all the same\.$/),
    ]);
    await expect(engine.sluice("replay", "nobody/knows")).rejects.toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Nothing is known of "nobody/knows"'),
    });
  });
});
