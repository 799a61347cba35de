import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createInfluxClient, type InfluxClient } from "../../infra/influx.ts";
import { type Engine, startEngine } from "./engine.ts";

let engine: Engine;
let influx: InfluxClient;
beforeAll(async () => {
  engine = await startEngine();
  influx = createInfluxClient(engine.env);
});
afterAll(async () => {
  await influx?.[Symbol.asyncDispose]();
  await engine?.[Symbol.asyncDispose]();
});

type Room = { readonly room: number; readonly points: number; readonly fate?: string };

/** Objects with the same `neighbourhood` write into the same series. */
async function put(key: string, rooms: readonly Room[], neighbourhood = key) {
  const sensor = `${engine.container} ${neighbourhood}`;
  const landed = await engine.put(key, JSON.stringify(rooms.map((room) => ({ ...room, sensor }))), { type: "application/json" });
  return { sensor, object: await engine.outcome(landed, 60_000) };
}

/** How many points and documents of rows each room has in the sinks. */
async function held(key: string, sensor: string) {
  const [series = []] = (await influx.query(`SELECT count("value") FROM "e2e_spread" WHERE "sensor" = '${sensor}' GROUP BY "room"`)) ?? [];
  const mine = { "_object.container": engine.container, "_object.key": key };
  const database = engine.catalog.database("processed");
  const rows = await database.collection("e2e_spread_rows").find(mine).toArray();
  const rooms = await database.collection("e2e_spread_rooms").find(mine).toArray();
  const documents = new Map<string, number>();
  for (const { room } of rows) documents.set(String(room), (documents.get(String(room)) ?? 0) + 1);
  return {
    points: Object.fromEntries(series.map(({ tags, values }) => [tags?.["room"], Number(values[0]?.[1])])),
    rows: Object.fromEntries(documents),
    rooms: rooms.map(({ room }) => Number(room)).sort((a, b) => a - b),
  };
}

const evenly = (points: { readonly [room: number]: number }) => ({ points, rows: points, rooms: Object.keys(points).map(Number) });

async function stepsOf(key: string) {
  const { runs } = await engine.trace(key);
  return { run: runs.at(-1), steps: runs.at(-1)?.dags[0]?.steps ?? [] };
}

describe("what the items of a map write", { timeout: 90_000 }, () => {
  it("is on record with one receipt for each task, however many items", async () => {
    const rooms = Array.from({ length: 40 }, (_, room) => ({ room: room % 20, points: 2 }));
    const { object } = await put("spread/receipts", rooms);
    expect(object.state).toBe("processed");
    expect(object.receipts.map(({ sink, count, where }) => [sink, count, where])).toEqual([
      ["influxdb", 80, "sluice/e2e_spread"],
      ["mongodb", 80, "processed/e2e_spread_rows"],
      ["mongodb", 40, "processed/e2e_spread_rooms"],
    ]);
    const { steps } = await stepsOf("spread/receipts");
    expect(steps.map(({ node, receipt }) => [node, receipt?.count])).toEqual([
      ["rooms", undefined],
      ["influx-points", 80],
      ["mongo-documents", 80],
      ["mongo-documents:2", 40],
      ["map", undefined],
    ]);
  });

  it("is replaced exactly by a newer version that writes less, and its neighbour's in the same series stays", async () => {
    const neighbour = await put("spread/neighbour", [{ room: 1, points: 9 }], "shared");
    // Other seconds of the same series: the neighbour has 0 to 8 of room 1.
    const { object, sensor } = await put(
      "spread/mine",
      [
        { room: 2, points: 5 },
        { room: 3, points: 4 },
        { room: 4, points: 1 },
      ],
      "shared",
    );
    expect(object.state).toBe("processed");
    expect(await held("spread/mine", sensor)).toMatchObject({
      points: { 1: 9, 2: 5, 3: 4, 4: 1 },
      rows: { 2: 5, 3: 4, 4: 1 },
      rooms: [2, 3, 4],
    });
    const newer = await put(
      "spread/mine",
      [
        { room: 2, points: 3 },
        { room: 4, points: 1 },
      ],
      "shared",
    );
    expect(newer.object.state).toBe("processed");
    expect(await held("spread/mine", sensor)).toEqual({ points: { 1: 9, 2: 3, 4: 1 }, rows: { 2: 3, 4: 1 }, rooms: [2, 4] });
    expect(await held("spread/neighbour", neighbour.sensor)).toMatchObject({ rows: { 1: 9 }, rooms: [1] });
  });

  it("stays whole where a neighbouring item breaks at its last row", async () => {
    const { object, sensor } = await put("spread/bad row", [
      { room: 0, points: 3 },
      { room: 1, points: 3, fate: "bad row" },
      { room: 2, points: 3 },
      { room: 3, points: 3, fate: "falls" },
    ]);
    expect(object.state).toBe("processed");
    expect(await held("spread/bad row", sensor)).toMatchObject({ points: { 0: 3, 2: 3 }, rooms: [0, 1, 2, 3] });
    const { steps } = await stepsOf("spread/bad row");
    expect(steps.at(-1)).toMatchObject({ node: "map", items: { retried: 0, failed: 2 } });
    expect(steps.map(({ node, failure }) => failure && `${node} ${failure.code}`).filter(Boolean)).toEqual([
      "map[1] NOT_A_NUMBER",
      "map[3] FELL",
    ]);
  });

  it("goes with a forgotten object", async () => {
    const { object, sensor } = await put("spread/forgotten", [{ room: 7, points: 3 }]);
    expect(object.state).toBe("processed");
    const { id } = await engine.client.forget({ container: engine.container, key: "spread/forgotten" });
    await expect.poll(async () => (await engine.client.forgetting(id)).state, { timeout: 30_000 }).toBe("completed");
    expect(await held("spread/forgotten", sensor)).toEqual(evenly({}));
  });
});

describe("an item of a map", { timeout: 90_000 }, () => {
  it("that hangs is given up after its tasks' time, and its neighbours go on meanwhile", async () => {
    const rooms = Array.from({ length: 12 }, (_, room) => ({ room, points: 1, ...([0, 1, 2, 3].includes(room) && { fate: "hangs" }) }));
    const { object, sensor } = await put("spread/hangs", rooms);
    expect(object.state).toBe("processed");
    expect(Object.keys((await held("spread/hangs", sensor)).points).map(Number)).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
    const { run, steps } = await stepsOf("spread/hangs");
    expect(steps.filter(({ status }) => status === "failed").map(({ node, failure }) => [node, failure?.code])).toEqual(
      [0, 1, 2, 3].map((item) => [`map[${item}]`, "TASK_TIMED_OUT"]),
    );
    expect(steps.at(-1)).toMatchObject({ items: { retried: 4, failed: 4 } });
    expect(run?.attempts.filter(({ item }) => item === "map[0]")).toMatchObject([{ attempt: 1, failure: { code: "TASK_TIMED_OUT" } }]);
  });

  it("that succeeds when it is tried again leaves its first attempt on record, and is counted", async () => {
    const { object, sensor } = await put("spread/stumbles", [
      { room: 0, points: 2 },
      { room: 1, points: 2, fate: "stumbles" },
    ]);
    expect(object.receipts.map(({ count }) => count)).toEqual([4, 4, 2]);
    expect(await held("spread/stumbles", sensor)).toEqual(evenly({ 0: 2, 1: 2 }));
    const { run, steps } = await stepsOf("spread/stumbles");
    expect(steps.at(-1)).toMatchObject({ node: "map", status: "success", items: { retried: 1, failed: 0 } });
    expect(run?.attempts).toMatchObject([{ item: "map[1]", task: "measure", attempt: 1, failure: { code: "STUMBLED" } }]);
  });
});
