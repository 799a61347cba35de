import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import { objectWorkflowId } from "../../sdk/contracts/ids.ts";
import type { IngestInput, IngestResult } from "../../workflows/contract.ts";
import { type Engine, startEngine } from "./engine.ts";
import type { Landed } from "./observe.ts";
import { until } from "./until.ts";

describe("a version of an object", { concurrent: true, timeout: 90_000 }, () => {
  let engine: Engine;
  beforeAll(async () => void (engine = await startEngine()));
  afterAll(() => engine?.[Symbol.asyncDispose]());

  const hasNoted = (key: string, line: string) =>
    until(`${key} has noted "${line}"`, 30_000, async () => (await engine.notes.of(key)).includes(line));

  /** As another gateway would start it, whose journal knows nothing of this one's. */
  async function startElsewhere({ container, key, version }: Landed, id: string) {
    const arrival: Arrival = {
      id,
      store: "s3",
      tenant: container,
      container,
      key,
      version,
      size: 10,
      time: new Date().toISOString(),
      door: "s3",
    };
    const args: [IngestInput] = [{ arrivals: [arrival] }];
    return await engine.temporal.client.workflow.start<(input: IngestInput) => Promise<IngestResult>>("ingest", {
      taskQueue: container,
      workflowId: objectWorkflowId(container, key, id),
      args,
    });
  }

  it("is processed once, however often it is announced; who comes second is told which run has it", async () => {
    const landed = await engine.put("routed/priority/twice", "{}", { type: "application/json" });
    const object = await engine.outcome(landed);
    const [arrival] = await engine.announce([landed]);
    const view = await engine.closed(arrival);
    expect(view.outcome).toBe("duplicate");
    const handle = engine.temporal.client.workflow.getHandle<() => Promise<IngestResult>>(view.workflow_id ?? "");
    expect((await handle.result()).outcomes).toMatchObject([{ outcome: "duplicate", successor: object.workflow_id }]);
    expect(await engine.notes.of(landed.key)).toEqual(["visit-high"]);
  });

  it("waits for the run of an older one, and then replaces what that wrote", async () => {
    const key = "held/newer";
    await engine.put(key, "older");
    await hasNoted(key, "begins older");
    const newer = await engine.put(key, "newer");
    // By the gateway the newer one waits in the journal; by another gateway its run has to wait.
    const waiting = await startElsewhere(newer, "elsewhere-1");
    await until("the run of the newer version waits", 30_000, async () => {
      const { currentDetails } = await waiting.query<{ currentDetails?: string }>("__temporal_workflow_metadata");
      return currentDetails?.includes("Waiting for the older version's run");
    });
    await engine.notes.raise("newer");
    await engine.notes.raise("older");

    const object = await engine.outcome(newer);
    expect(object.state).toBe("processed");
    expect(await engine.notes.of(key)).toEqual(["begins older", "ends older", "begins newer", "ends newer"]);
    const documents = await engine.catalog
      .database("processed")
      .collection("e2e_held")
      .find({ "_object.key": key, "_object.container": engine.container })
      .toArray();
    expect(documents.map(({ content }) => content as unknown)).toEqual(["newer"]);
  });

  it("leaves nothing behind of what only the older one had", async () => {
    const table = (rows: number) => `name,size\n${Array.from({ length: rows }, (_, row) => `thing ${row},${row}\n`).join("")}`;
    const readings = (rows: number) =>
      `time,sensor,value\n${Array.from({ length: rows }, (_, row) => `2026-01-01T00:00:0${row}Z,${engine.container},${row}\n`).join("")}`;
    for (const [key, content] of [
      ["table.csv", table],
      ["readings.csv", readings],
    ] as const) {
      const older = await engine.outcome(await engine.put(`shrinks/${key}`, content(5), { type: "text/csv" }));
      const newer = await engine.outcome(await engine.put(`shrinks/${key}`, content(3), { type: "text/csv" }));
      const left = await Promise.all([...older.receipts, ...newer.receipts].map((receipt) => engine.readBack.count(receipt)));
      expect(newer.receipts.map(({ count }) => count)).toEqual([3]);
      expect(left, key).toEqual([0, 3]);
    }
  });

  // By itself: a group would take its other members along when it is terminated.
  it("is taken over from a run that was terminated", { concurrent: false }, async () => {
    const key = "held/terminated";
    const landed = await engine.put(key, "go on");
    await hasNoted(key, "begins go on");
    const [claim] = await engine.catalog.claims.find({ _id: `${engine.container}/${key}@${landed.version}` }).toArray();
    await engine.temporal.client.workflow.getHandle(claim?.workflow_id ?? "").terminate("to see who takes over");
    const [arrival] = await engine.announce([landed]);
    await engine.notes.raise("go on");
    expect(await engine.closed(arrival)).toMatchObject({ outcome: "processed" });
    expect(await engine.outcome(landed)).toMatchObject({ state: "processed" });
  });

  it("is gone, with the reason, where the store does not hold it", async () => {
    const [arrival] = await engine.announce(["never/there.csv"]);
    expect(await engine.closed(arrival)).toMatchObject({
      outcome: "gone",
      reason: expect.stringContaining("never/there.csv was announced, but the store does not hold it") as string,
    });
  });

  it("is processed where its object appears shortly after it was announced", async () => {
    const [arrival] = await engine.announce(["routed/type/late"]);
    // By itself, or together with what was announced in the same moment.
    await until("a run has it", 20_000, async () => (await engine.client.arrival(arrival ?? "")).workflow_id !== undefined);
    await engine.put("routed/type/late", "at last", { type: "text/plain" });
    expect(await engine.closed(arrival)).toMatchObject({ outcome: "processed" });
  });
});
