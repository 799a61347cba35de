import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, startEngine } from "./engine.ts";
import { until } from "./until.ts";

let engine: Engine;
beforeAll(async () => void (engine = await startEngine()));
afterAll(() => engine?.[Symbol.asyncDispose]());

const putTrouble = (key: string, trouble: object) => engine.put(key, JSON.stringify(trouble), { type: "application/json" });

/** How often each task body ran for an object. */
async function bodyRuns(key: string): Promise<{ readonly [task: string]: number }> {
  const noted = Map.groupBy(await engine.notes.of(key), (line) => line);
  return Object.fromEntries([...noted].map(([line, all]) => [line, all.length]));
}

describe("a task that fails retryably", () => {
  it("is tried locally, then pending for all to see with its attempts, and succeeds in the end", async () => {
    const key = "trouble/three times";
    const landed = await putTrouble(key, { failures: 3 });
    const run = await until(
      "the run is open",
      20_000,
      async () => (await engine.runs(`SluiceObject = "${engine.container}/${key}" AND ExecutionStatus = "Running"`))[0],
    );
    const pending = await until("an activity is at its second attempt", 20_000, async () => {
      const { raw } = await engine.temporal.client.workflow.getHandle(run.workflowId).describe();
      return raw.pendingActivities?.find(({ attempt }) => (attempt ?? 0) >= 2);
    });
    expect(pending.activityType?.name).toBe("produce + flaky");
    expect(pending.lastFailure?.message).toContain("is ill");

    expect((await engine.outcome(landed)).state).toBe("processed");
    const [traced] = (await engine.trace(key)).runs;
    const flaky = traced?.dags[0]?.steps.filter(({ task }) => task === "flaky");
    expect(flaky?.map(({ status, mode }) => [status, mode])).toEqual([
      ["failed", "local"],
      ["success", "ordinary"],
    ]);
    expect(flaky?.at(-1)?.attempt).toBe(4);
    // The first was the local one, which is a step of its own.
    expect(traced?.attempts.map(({ attempt, failure }) => [attempt, failure.code])).toEqual([
      [2, "SINK_ILL"],
      [3, "SINK_ILL"],
    ]);
  });

  it("can be followed in the Temporal UI: in sentences, and task by task", async () => {
    const key = "trouble/followed";
    const landed = await putTrouble(key, { failures: 2 });
    const run = await until(
      "the run is open",
      20_000,
      async () => (await engine.runs(`SluiceObject = "${engine.container}/${key}" AND ExecutionStatus = "Running"`))[0],
    );
    const handle = engine.temporal.client.workflow.getHandle(run.workflowId);
    const details = await until("the details show what has settled", 20_000, async () => {
      const { currentDetails } = await handle.query<{ currentDetails?: string }>("__temporal_workflow_metadata");
      return currentDetails?.includes("| done |") && currentDetails;
    });
    expect(details.split("\n")).toEqual(expect.arrayContaining(["**e2e-trouble** over 1 object", "| `flaky` |  |  |  | 1 |"]));
    await engine.outcome(landed);
    const { events } = await handle.fetchHistory();
    const said = events?.flatMap(({ userMetadata }) =>
      userMetadata?.summary?.data ? [Buffer.from(userMetadata.summary.data).toString()] : [],
    );
    const object = `${engine.container}/${key}`;
    expect(said).toContain(JSON.stringify(`${object} → produce, steady, flaky · e2e-trouble`));
    expect(said).toContain(JSON.stringify("claim what arrived, settle its type, choose its DAGs"));
  });

  it("says in which line of the author's file it threw what it did not mean to", async () => {
    const landed = await engine.put("trouble/unexpected", '{"failures": ', { type: "application/octet-stream" });
    const { state, reason } = await engine.outcome(landed);
    expect({ state, reason }).toMatchObject({
      state: "failed",
      reason: {
        code: "TASK_THREW",
        kind: "retryable",
        task: "flaky",
        message: expect.stringMatching(/^SyntaxError: .*\(thrown at trouble\.ts:36:\d+\)$/),
        place: { source: expect.stringMatching(/^trouble\.ts:36:\d+$/) },
      },
    });
  });

  it("does not have the sink beside it do its work again", async () => {
    const key = "trouble/once";
    expect((await engine.outcome(await putTrouble(key, { failures: 1 }))).state).toBe("processed");
    expect(await bodyRuns(key)).toEqual({ produce: 2, flaky: 2, steady: 1 });
  });

  it("fails its object once its attempts are used up, in a Failed run that says why", async () => {
    const key = "trouble/for ever";
    const object = await engine.outcome(await putTrouble(key, { failures: 99 }));
    expect(object).toMatchObject({ state: "failed", reason: { code: "SINK_ILL", kind: "retryable", task: "flaky" } });
    expect(await bodyRuns(key)).toMatchObject({ flaky: 4, steady: 1 });

    const query = `SluiceFingerprint = "${object.reason?.fingerprint}" AND SluiceState = "failed"`;
    const [run] = await until("Temporal finds the run", 20_000, async () => {
      const found = await engine.runs(query);
      return found.length > 0 && found;
    });
    expect(run).toMatchObject({ workflowId: object.workflow_id, status: { name: "FAILED" } });
    const failure = await engine.temporal.client.workflow
      .getHandle(object.workflow_id ?? "")
      .result()
      .catch(({ cause }: Error) => cause);
    expect(failure).toMatchObject({ type: "SINK_ILL", message: `The sink of ${key} is ill: wait until it is well.` });
  });
});

describe("a task that fails terminally", () => {
  it("puts its object into quarantine at once, and is not tried again", async () => {
    const key = "trouble/terminal";
    const object = await engine.outcome(await putTrouble(key, { failures: 99, kind: "terminal" }));
    expect(object).toMatchObject({ state: "quarantined", reason: { code: "SINK_ILL", kind: "terminal", cause: "connection refused" } });
    expect(await bodyRuns(key)).toEqual({ produce: 1, flaky: 1, steady: 1 });
    const quarantine = await engine.client.quarantine({ container: engine.container });
    expect(quarantine.objects.find((one) => one.key === key)).toMatchObject({
      dag: "e2e-trouble",
      task: "flaky",
      reason: { code: "SINK_ILL" },
    });
  });

  it("has what was written before it undone, and nothing of its neighbours", async () => {
    const readings = (accept: boolean) => JSON.stringify({ sensor: accept ? "kept" : "refused", accept });
    const [refused, kept] = await Promise.all([
      engine.put("undone/refused", readings(false), { type: "application/json" }),
      engine.put("undone/kept", readings(true), { type: "application/json" }),
    ]);
    const [bad, good] = await engine.outcomes([refused, kept]);
    expect(bad).toMatchObject({ state: "quarantined", reason: { code: "REFUSED" }, receipts: [] });
    expect(good?.state).toBe("processed");

    const count = (object: typeof bad) => Promise.all((object?.receipts ?? []).map((receipt) => engine.readBack.count(receipt)));
    expect(await count(good)).toEqual([20, 20]);
    const written = (await engine.trace("undone/refused")).runs.at(-1)?.dags[0]?.steps ?? [];
    const receipts = written.flatMap(({ receipt }) => receipt ?? []);
    expect(receipts.map(({ count }) => count)).toEqual([20, 20]);
    expect(await Promise.all(receipts.map((receipt) => engine.readBack.count(receipt)))).toEqual([0, 0]);
    expect(written.filter(({ status }) => status === "undone").map(({ task }) => task)).toEqual([
      "register",
      "mongo-documents",
      "influx-points",
    ]);
    expect(await engine.notes.of("undone/refused")).toEqual(["register", "unregister"]);
    expect(await engine.notes.of("undone/kept")).toEqual(["register"]);
  });

  it("keeps what it wrote over the results of an earlier processing, and says so", async () => {
    const put = (accept: boolean) =>
      engine.put("undone/changed", JSON.stringify({ sensor: "changed", accept }), { type: "application/json" });
    await engine.outcome(await put(true));
    const refused = await engine.outcome(await put(false));
    expect(refused).toMatchObject({ state: "quarantined", reason: { code: "REFUSED" } });
    // Of the earlier processing nothing is left that was not written again.
    expect(await Promise.all(refused.receipts.map((receipt) => engine.readBack.count(receipt)))).toEqual([0, 0, 20, 20]);
    const steps = (await engine.trace("undone/changed")).runs.at(-1)?.dags[0]?.steps ?? [];
    expect(steps.slice(-3).map(({ task, status, failure }) => [task, status, failure?.code])).toEqual([
      ["register", "undone", undefined],
      ["mongo-documents", "failed", "NOT_UNDONE"],
      ["influx-points", "failed", "NOT_UNDONE"],
    ]);
  });
});
