import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CatalogDocument, TraceDocument } from "../../sdk/contracts/catalog.ts";
import { fingerprintOf } from "../../sdk/contracts/errors.ts";
import { type ServedApi, serveApi } from "../../tests/gateway/api-server.ts";

let gateway: ServedApi;
beforeAll(async () => void (gateway = await serveApi()));
afterAll(() => gateway[Symbol.asyncDispose]());

describe("traces", () => {
  it("shows the runs of an object in order, with attempts, links to the Temporal UI and what people had asked for", async () => {
    const key = "traced é.csv";
    const { catalog, container } = gateway;
    await gateway.put(key, "x");
    await catalog.documents(container).updateOne({ _id: key }, { $set: { run_id: "run-2", workflow_id: `ingest/${key}` } });
    const failure = {
      code: "SINK_UNAVAILABLE",
      kind: "retryable" as const,
      message: "down",
      fingerprint: fingerprintOf("SINK_UNAVAILABLE", "write", "down"),
    };
    const trace = (run: string, claimed: string): TraceDocument => ({
      _id: `${run}/${container}/${key}`,
      container,
      key,
      version: "1",
      swift_object_id: "1",
      workflow_id: `ingest/${key}`,
      run_id: run,
      door: "s3",
      announced: claimed,
      claimed,
      closed: claimed,
      content_type: "text/csv",
      type_by: "extension",
      outcome: "processed",
      dags: [
        { dag: "d", plan: "p", code: {}, outcome: "success", steps: [{ node: "write", task: "write", status: "success", attempt: 2 }] },
      ],
    });
    const mark = `2026-01-02T00-00-00Z-${randomBytes(2).toString("hex")}`;
    const again = { ...trace("run-2", "2026-01-02T00:00:00.000Z"), workflow_id: `ingest/${container}/reprocess/${mark}-1+2` };
    await catalog.traces.insertMany([again, trace("run-1", "2026-01-01T00:00:00.000Z")]);
    const selection = { fingerprints: ["NO_SENSOR/parse/1"] };
    const asked = { _id: `reprocess/${mark}`, action: "reprocess", at: new Date("2026-01-01T12:00:00Z"), by: "alice", selection } as const;
    await catalog.audit.insertOne(asked);
    await catalog.attempts.insertOne({
      _id: `run-2/${container}/${key}/write/1`,
      run_id: "run-2",
      container,
      key,
      task: "write",
      attempt: 1,
      at: new Date(),
      failure,
    });

    const { document, runs, audit, complete } = await gateway.client.trace(container, key);
    expect(complete).toBe(true);
    expect(document?.key).toBe(key);
    expect(runs.map(({ run_id }) => run_id)).toEqual(["run-1", "run-2"]);
    expect(audit).toMatchObject([{ action: "reprocess", by: "alice", selection }]);
    expect(runs[0]?.attempts).toEqual([]);
    expect(runs[1]?.attempts).toMatchObject([{ task: "write", attempt: 1, failure: { code: "SINK_UNAVAILABLE" } }]);
    expect(runs[0]?.link).toBe("http://temporal.test/namespaces/default/workflows/ingest%2Ftraced%20%C3%A9.csv/run-1/history");
    await catalog.audit.deleteOne({ _id: asked._id });
    await catalog.traces.deleteMany({ container });
    await catalog.attempts.deleteMany({ container });
  });

  it("tells of an object that waits in the journal alone, which the catalog does not know yet", async () => {
    const { container, journal, client } = gateway;
    const [id] = await journal.add([
      { store: "s3", tenant: container, container, key: "waiting é.csv", time: "2026-01-01T00:00:00.000Z", door: "s3" },
    ]);
    const traced = await client.trace(container, "waiting é.csv");
    expect(traced).toMatchObject({ container, key: "waiting é.csv", runs: [] });
    expect(traced.document).toBeUndefined();
    expect(traced.arrivals).toMatchObject([{ id, state: "waiting", door: "s3", because: `it is the next of its tenant ${container}` }]);
    await expect(client.document(container, "waiting é.csv")).rejects.toMatchObject({ code: "NOT_TAKEN_YET" });
  });

  it("names the DAGs of the last run only", async () => {
    const operation = (dag_id: string, run_id: string) => ({
      execution_date: new Date(),
      dag_id,
      operation_instance: run_id,
      workflow_id: "w",
      run_id,
      plan: "p",
      code: {},
    });
    await gateway.put("dags.csv", "x");
    const operations: Partial<CatalogDocument> = {
      run_id: "2",
      successful_operations: [operation("old", "1"), operation("one", "2")],
      failed_operations: [operation("two", "2")],
    };
    await gateway.catalog.documents(gateway.container).updateOne({ _id: "dags.csv" }, { $set: operations });
    expect(await gateway.client.document(gateway.container, "dags.csv")).toMatchObject({ dags: ["one", "two"] });
  });
});
