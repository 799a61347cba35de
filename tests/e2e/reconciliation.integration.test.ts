import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReconciliationRun } from "../../gateway/client.ts";
import type { Reconciled, ReconcileInput } from "../../workflows/contract.ts";
import { type Engine, startEngine } from "./engine.ts";
import { until } from "./until.ts";

describe("reconciliation", { timeout: 90_000 }, () => {
  let engine: Engine;
  beforeAll(async () => void (engine = await startEngine({ keepsEvents: true })));
  afterAll(() => engine?.[Symbol.asyncDispose]());

  /** Into the container whose store tells nobody. */
  const put = (key: string, content: string) => engine.put(key, content, { container: engine.quiet, type: "text/plain" });

  async function reconcile(prefix: string, container = engine.quiet): Promise<ReconciliationRun> {
    const { id } = await engine.client.reconcile({ container, prefix, grace: 0 });
    return await until(`the reconciliation of ${prefix} is over`, 60_000, async () => {
      const seen = await engine.client.reconciliation(id);
      return seen.state !== "running" && seen;
    });
  }

  /** As the schedule does: the next share of every container. */
  async function byTheClock(patience = 60_000): Promise<Reconciled> {
    return await engine.temporal.client.workflow.execute<(input: ReconcileInput) => Promise<Reconciled>>("reconcile", {
      taskQueue: engine.container,
      workflowId: `reconcile/${engine.container}-${performance.now()}`,
      args: [{ patience }],
    });
  }

  async function textOf(key: string): Promise<unknown> {
    const texts = engine.catalog.database("processed").collection("texts");
    const found = await texts.find({ "_object.container": engine.quiet, "_object.key": key }).toArray();
    return found.map(({ text }) => text as unknown);
  }

  /** How often each object was processed. */
  async function timesProcessed(container: string, prefix: string): Promise<readonly number[]> {
    const traces = await engine.catalog.traces.find({ container, key: { $regex: `^${prefix}` }, outcome: "processed" }).toArray();
    return [...Map.groupBy(traces, ({ key }) => key).values()].map((of) => of.length);
  }

  describe("of what nobody announced", { concurrent: true }, () => {
    it("processes what no webhook announced, once, and a newer version of it in its place", async () => {
      const keys = Array.from({ length: 12 }, (_, index) => `lost/${index}.txt`);
      await Promise.all(keys.map((key) => put(key, `content of ${key}`)));
      const found = { state: "completed", listed: 12, known: 0, found: 12, started: 12, processed: 12, findings: { unannounced: 12 } };
      expect(await reconcile("lost/")).toMatchObject(found);
      expect(await reconcile("lost/")).toMatchObject({ state: "completed", listed: 12, known: 12, found: 0, started: 0 });

      const newer = await put("lost/3.txt", "something newer");
      expect(await reconcile("lost/")).toMatchObject({ known: 11, found: 1, processed: 1, findings: { changed: 1 } });
      expect(await textOf("lost/3.txt")).toEqual(["something newer"]);
      expect(await engine.states([newer])).toMatchObject([{ state: "processed", version: newer.version }]);
      expect((await timesProcessed(engine.quiet, "lost/")).toSorted((one, other) => one - other)).toEqual([
        ...Array<number>(11).fill(1),
        2,
      ]);
    });

    it("takes up what a run left half done that was ended from outside", async () => {
      const landed = await put("held/half", "half");
      await engine.announce([landed]);
      const [document] = await until("its run is at it", 30_000, async () => {
        const found = await engine.states([landed]);
        return found[0]?.state === "processing" && (await engine.notes.of(landed.key)).length > 0 && found;
      });
      expect(await reconcile("held/half")).toMatchObject({ known: 1, found: 0 });
      await engine.temporal.client.workflow.getHandle(document?.workflow_id ?? "").terminate("for the test");
      await engine.notes.raise("half");
      expect(await reconcile("held/half")).toMatchObject({ found: 1, processed: 1, findings: { stuck: 1 } });
      expect(await engine.states([landed])).toMatchObject([{ state: "processed" }]);
    });

    it("notes what was deleted, keeps what was made of it, and processes it again once it is back", async () => {
      await put("deleted/a.txt", "the text of a");
      await reconcile("deleted/");
      await engine.store.delete(engine.quiet, "deleted/a.txt");
      expect(await reconcile("deleted/")).toMatchObject({ listed: 0, gone: 1, found: 0 });
      expect(await engine.client.document(engine.quiet, "deleted/a.txt")).toMatchObject({ state: "gone" });
      expect(await textOf("deleted/a.txt")).toEqual(["the text of a"]);
      await put("deleted/a.txt", "the text of a, again");
      expect(await reconcile("deleted/")).toMatchObject({ found: 1, processed: 1 });
      expect(await textOf("deleted/a.txt")).toEqual(["the text of a, again"]);
    });

    it("goes through thousands of objects in stretches, each of them once", async () => {
      const keys = Array.from({ length: 700 }, (_, index) => `many/${String(index).padStart(4, "0")}.txt`);
      for (let from = 0; from < keys.length; from += 100) {
        await Promise.all(keys.slice(from, from + 100).map((key) => put(key, key)));
      }
      expect(await reconcile("many/")).toMatchObject({ state: "completed", listed: 700, found: 700, processed: 700 });
      expect(await reconcile("many/")).toMatchObject({ listed: 700, known: 700, found: 0 });
      const times = await timesProcessed(engine.quiet, "many/");
      expect([times.length, ...new Set(times)]).toEqual([700, 1]);
    });

    it("by the clock ends in time, and what it started goes on", async () => {
      const landed = await put("held/slow", "slow");
      const { client } = engine.temporal;
      const begun = await client.workflow.execute<(input: ReconcileInput) => Promise<Reconciled>>("reconcile", {
        taskQueue: engine.container,
        workflowId: `reconcile/${engine.container}-slow`,
        args: [{ patience: 5_000, scope: { container: engine.quiet, prefix: "held/slow", grace: 0 } }],
      });
      expect(begun).toMatchObject({ found: 1, started: 1, processed: 0, problems: [] });
      await engine.notes.raise("slow");
      expect(await engine.outcome(landed)).toMatchObject({ state: "processed" });
    });

    it("processes what the predecessor's waiting list names, and takes it off the list; what is unknown stays", async () => {
      const type = `list of ${engine.quiet}`;
      await put("90210", "an object of the predecessor's");
      const entry = (swift_id: string) => ({ swift_id, swift_container: engine.quiet, swift_user: "ana", content_type: "text/plain" });
      await engine.catalog.counter.insertOne({ type, data_to_process: [entry("90210"), entry("90211")] } as never);
      try {
        const result = await engine.temporal.client.workflow.execute("waitingList", {
          taskQueue: engine.container,
          workflowId: `waiting-list/${engine.container}`,
          args: [{ patience: 60_000 }],
        });
        expect(result).toMatchObject({ unknown: expect.any(Number) as number });
        expect(await engine.client.document(engine.quiet, "90210")).toMatchObject({ state: "processed", swift_object_id: "90210" });
        expect(await engine.catalog.counter.findOne({ type })).toMatchObject({ data_to_process: [entry("90211")] });
        const { waiting_list: list } = await engine.client.reconciliations();
        expect(list?.examples.map(({ reason }) => reason).join()).toContain(`No object ${engine.quiet}/90211`);
      } finally {
        await engine.catalog.counter.deleteOne({ type });
      }
    });
  });

  it("processes what landed while the gateway was down exactly once, whoever comes first", async () => {
    await engine.gateway.kill();
    const keys = Array.from({ length: 20 }, (_, index) => `unseen/${index}.txt`);
    const landed = await Promise.all(keys.map((key) => engine.put(key, `content of ${key}`, { type: "text/plain" })));
    await engine.gateway.start();
    const seen = await reconcile("unseen/", engine.container);
    expect(seen).toMatchObject({ state: "completed", listed: 20 });
    expect((await engine.outcomes(landed)).map(({ state }) => state)).toEqual(keys.map(() => "processed"));
    await until("the journal is empty", 30_000, async () => {
      const { waiting, started } = (await engine.client.status()).arrivals;
      return waiting + started === 0;
    });
    expect(await timesProcessed(engine.container, "unseen/")).toEqual(keys.map(() => 1));
  });

  it("by the clock leaves to their webhooks what landed just now, and remembers how far it has come", async () => {
    await put("clock/young.txt", "young");
    expect(await byTheClock()).toMatchObject({ young: expect.any(Number) as number, found: 0, problems: [] });
    expect(await engine.catalog.documents(engine.quiet).findOne({ _id: "clock/young.txt" })).toBeNull();
    const { containers, runs } = await engine.client.reconciliations();
    const own = containers.filter(({ container }) => [engine.container, engine.quiet].includes(container));
    expect(own.map(({ whole }) => whole?.size)).toEqual([expect.any(Number), expect.any(Number)]);
    expect(runs[0]).toMatchObject({ state: "completed", found: 0 });
    expect(runs[0]?.young).toBeGreaterThan(0);
  });

  it("is asked for on the command line, which says what it saw and did", async () => {
    await put("asked/1.txt", "one");
    const words = ["reconcile", "--now", "--container", engine.quiet, "--prefix", "asked/", "--grace", "0", "--wait", "--json"];
    const { ok, reconciliation } = JSON.parse((await engine.sluice(...words)).stdout) as { ok: boolean; reconciliation: ReconciliationRun };
    expect({ ok, ...reconciliation }).toMatchObject({ ok: true, state: "completed", listed: 1, found: 1, processed: 1 });
    expect((await engine.sluice("reconcile")).stdout).toContain(reconciliation.id);
    await expect(engine.sluice("reconcile", "--prefix", "a/")).rejects.toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("--now") as string,
    });
    await expect(engine.sluice("reconcile", "--now", "--container", "elsewhere")).rejects.toMatchObject({ exitCode: 1 });
  });
});
