import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { historiesContainer } from "../../infra/histories.ts";
import { createInfluxClient } from "../../infra/influx.ts";
import { connectS3 } from "../../infra/stores/s3-connection.ts";
import { createNeo4jDriver } from "../../infra/neo4j.ts";
import { type Engine, startEngine } from "./engine.ts";
import { until } from "./until.ts";

let engine: Engine;
beforeAll(async () => void (engine = await startEngine()));
afterAll(() => engine?.[Symbol.asyncDispose]());

const sample = (name: string) => readFile(fileURLToPath(new URL(`../../dags/samples/files/${name}`, import.meta.url)));

/** Starts it, and waits until it has ended. */
async function forget(key: string, raw = false) {
  const { id } = await engine.client.forget({ container: engine.container, key, raw });
  return await until(`${key} is forgotten`, 60_000, async () => {
    const run = await engine.client.forgetting(id);
    if (run.state === "failed") throw new Error(run.problem);
    return run.state === "completed" && run;
  });
}

const counts = (receipts: Parameters<Engine["readBack"]["count"]>[0][]) =>
  Promise.all(receipts.map((receipt) => engine.readBack.count(receipt)));

describe("a forgotten object", () => {
  it("leaves no point behind, and its neighbour in the same series and hour as it was", async () => {
    await using influx = createInfluxClient(engine.env);
    const sensor = engine.container;
    const readings = (minutes: readonly number[]) =>
      `time,sensor,value\n${minutes.map((minute) => `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z,${sensor},${minute}\n`).join("")}`;
    const [mine, theirs] = await engine.outcomes([
      await engine.put("points/mine.csv", readings([1, 3, 5]), { type: "text/csv" }),
      await engine.put("points/theirs.csv", readings([2, 4, 6]), { type: "text/csv" }),
    ]);
    expect(await counts([...(mine?.receipts ?? []), ...(theirs?.receipts ?? [])])).toEqual([3, 3]);
    const measurement = mine?.receipts[0]?.locator["measurements"] as readonly string[];
    const all = () => influx.query(`SELECT * FROM "${measurement[0]}" WHERE "sensor" = '${sensor}'`);
    const before = JSON.stringify(
      (await all())[0]?.[0]?.values.filter(([time]) => [2, 4, 6].includes(new Date(String(time)).getUTCMinutes())),
    );
    const run = await forget("points/mine.csv");
    expect(run).toMatchObject({ forgotten: 1, removed: { "points in influxdb": 3 } });
    expect(JSON.stringify((await all())[0]?.[0]?.values)).toBe(before);
  });

  it("leaves nodes to those who need them, and takes its own along", async () => {
    await using neo4j = { driver: createNeo4jDriver(engine.env), [Symbol.asyncDispose]: () => neo4j.driver.close() };
    const shared = `shared ${engine.container}`;
    const own = `own ${engine.container}`;
    const picture = await sample("roof-at-dawn.jpg");
    const put = async (key: string, main_object: readonly string[]) => {
      const upload = await engine.client.put(engine.container, key, new Uint8Array(picture), {
        type: "image/jpeg",
        metadata: { other_data: { image_content: { main_object: [...main_object], secondary_object: [] } } },
      });
      return await engine.outcome({ ...upload });
    };
    const mine = await put("pictures/mine.jpg", [shared, own]);
    const theirs = await put("pictures/theirs.jpg", [shared]);
    const names = async () => {
      const { records } = await neo4j.driver.executeQuery(
        "MATCH (image:IMAGE)-[:SUBJECT]->(o:OBJECT) WHERE o.type IN $names RETURN image.swift_id AS image, o.type AS type",
        {
          names: [shared, own],
        },
      );
      return records.map((record) => [String(record.get("image")), String(record.get("type"))].join(" ")).sort();
    };
    const document = await engine.client.document(engine.container, theirs.key);
    expect(await names()).toHaveLength(3);
    await forget("pictures/mine.jpg");
    expect(await names()).toEqual([`${document.swift_object_id} ${shared}`]);
    expect(await counts([...mine.receipts])).toEqual([0]);
    expect(await counts([...theirs.receipts])).toEqual([theirs.receipts[0]?.count]);
    const { records } = await neo4j.driver.executeQuery("MATCH (o:OBJECT {type: $own}) RETURN o", { own });
    expect(records).toEqual([]);
  });

  it("keeps of itself that it was there, and not a word of what it held", async () => {
    const key = "people/list.json";
    const secret = "Ada Lovelace";
    const { container } = engine;
    await engine.outcome(await engine.put(key, `{"name": "${secret}",\n "age": }`, { type: "application/json" }));
    const landed = await engine.put(key, JSON.stringify({ name: secret }), { type: "application/json", metadata: { owner: "Ada" } });
    const object = await engine.outcome(landed);
    expect(await counts([...object.receipts])).toEqual([1]);
    // Temporal takes a minute to delete its own: the archive must not take them again meanwhile.
    const archive = () =>
      engine.temporal.client.workflow.execute("archive", { taskQueue: container, workflowId: "archive/now", args: [{ overlap: 60_000 }] });
    await archive();
    await forget(key);
    const { runs } = await engine.trace(key);
    expect(runs.map(({ archived, in_temporal }) => archived || in_temporal)).toEqual([false, false]);
    expect(await counts([...object.receipts])).toEqual([0]);
    const kept = {
      document: await engine.catalog.documents(container).findOne({ _id: key }),
      traces: await engine.catalog.traces.find({ container, key }).toArray(),
      audit: await engine.catalog.audit.find({ object: `${container}/${key}` }).toArray(),
      claims: await engine.catalog.claims.find({ _id: { $regex: `^${container}/${key}@` } }).toArray(),
      attempts: await engine.catalog.attempts.find({ container, key }).toArray(),
      results: await engine.catalog.results.find({ _id: { $regex: `/${container}/${key}$` } }).toArray(),
      quarantine: await engine.catalog.quarantine.find({ container, key }).toArray(),
    };
    expect(kept.document).toMatchObject({ state: "forgotten", receipts: [], other_data: {}, version: landed.version });
    expect(kept.traces.map(({ outcome }) => outcome)).toEqual(["quarantined", "processed"]);
    expect(kept.audit).toMatchObject([{ action: "forget", counts: { "documents in mongodb": 1, "histories of runs": 2, runs: 2 } }]);
    await archive();
    const ids = kept.traces.map(({ run_id }) => run_id);
    expect(await engine.catalog.histories.find({ _id: { $in: ids } }).toArray()).toEqual([]);
    const histories = await Array.fromAsync(engine.store.list(historiesContainer));
    expect(histories.filter((history) => ids.some((id) => history.key.includes(id)))).toEqual([]);
    expect(kept.claims.map(({ outcome }) => outcome)).toEqual(["forgotten", "forgotten"]);
    expect(JSON.stringify(kept)).not.toMatch(/Ada|owner/);
    expect(await engine.store.head(container, key)).toBeDefined();
  });

  it("does not come back by itself, but as something new when it is put again", async () => {
    const key = "back/again.json";
    const landed = await engine.put(key, '{"a": 1}', { type: "application/json" });
    await engine.outcome(landed);
    await forget(key);
    const [arrival] = await engine.announce([landed]);
    expect((await engine.closed(arrival)).outcome).toBe("duplicate");
    const { id } = await engine.client.reprocess({ selection: { objects: [`${engine.container}/${key}`] } });
    await until("the reprocessing has ended", 30_000, async () => (await engine.client.reprocessing(id)).state === "completed");
    expect((await engine.states([landed])).map(({ state }) => state)).toEqual(["forgotten"]);
    const newer = await engine.put(key, '{"a": 2}', { type: "application/json" });
    expect(await engine.outcome(newer)).toMatchObject({ state: "processed", receipts: [{ count: 1 }] });
  });

  it("takes along what was unpacked from it, and the object in the store if asked", async () => {
    const key = "archives/week.zip";
    const landed = await engine.put(key, new Uint8Array(await sample("week-12.zip")), { type: "application/zip" });
    await engine.outcome(landed);
    const beside = await engine.put(`${key}.unpacked/put by hand.json`, '{"by": "hand"}', { type: "application/json" });
    const members = await until("its members are processed", 60_000, async () => {
      const { objects } = await engine.client.objects({ container: engine.container, prefix: `${key}.unpacked/` });
      return (
        objects.length > 1 && objects.every(({ state }) => state === "processed") && objects.filter((object) => object.key !== beside.key)
      );
    });
    const receipts = members.flatMap((member) => member.receipts);
    expect((await counts(receipts)).every((amount) => amount > 0)).toBe(true);

    const run = await forget(key, true);
    expect(run.forgotten).toBe(members.length + 1);
    expect(await counts(receipts)).toEqual(receipts.map(() => 0));
    const left = await Array.fromAsync(engine.store.list(engine.container, { prefix: key }));
    expect(left.map((object) => object.key)).toEqual([beside.key]);
    const versions = connectS3({
      url: engine.env.SLUICE_S3_URL,
      accessKey: engine.env.SLUICE_S3_ACCESS_KEY,
      secretKey: engine.env.SLUICE_S3_SECRET_KEY,
      region: engine.env.SLUICE_S3_REGION,
    }).client.listObjects(engine.container, key, true, { IncludeVersion: true });
    expect(new Set((await Array.fromAsync(versions as AsyncIterable<{ name: string }>)).map(({ name }) => name))).toEqual(
      new Set([beside.key]),
    );
    const after = await engine.states([landed, beside, ...members]);
    expect(Object.fromEntries(after.map((object) => [object.key, object.state]))).toEqual(
      Object.fromEntries([[key, "forgotten"], [beside.key, "processed"], ...members.map((member) => [member.key, "forgotten"])]),
    );
  });

  it("is waited for while a run has it, and survives the death of the worker", async () => {
    const key = "held/forgotten";
    const landed = await engine.put(key, "let go to be forgotten");
    await until("its run has begun", 30_000, async () => (await engine.notes.of(key)).length > 0);
    const { id } = await engine.client.forget({ container: engine.container, key, raw: true });
    const handle = engine.temporal.client.workflow.getHandle(id);
    await until("it waits for the run", 30_000, async () => {
      const { currentDetails } = await handle.query<{ currentDetails?: string }>("__temporal_workflow_metadata");
      return currentDetails?.includes("Waiting for runs that have them");
    });
    await engine.worker.kill();
    await engine.notes.raise("let go to be forgotten");
    await engine.worker.start();
    await handle.result();
    expect(await engine.notes.of(key)).toContain("ends let go to be forgotten");
    const held = engine.catalog.database("processed").collection("e2e_held");
    expect(await held.find({ "_object.key": key, "_object.container": engine.container }).toArray()).toEqual([]);
    expect(await engine.store.head(engine.container, key)).toBeUndefined();
    expect((await engine.states([landed])).map(({ state }) => state)).toEqual(["forgotten"]);
  });
});
