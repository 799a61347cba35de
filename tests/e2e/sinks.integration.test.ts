import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, startEngine } from "./engine.ts";
import type { Landed } from "./observe.ts";
import { startOwnInflux } from "./own-influx.ts";
import { until } from "./until.ts";

const count = 100;
const open = new AsyncDisposableStack();
let engine: Engine;
let influx: Awaited<ReturnType<typeof startOwnInflux>>;

beforeAll(async () => {
  influx = open.use(await startOwnInflux());
  engine = open.use(await startEngine({ env: influx.env }));
}, 120_000);
afterAll(() => open.disposeAsync());

/** How this engine's worker, of all that use the catalog, stands to InfluxDB. */
async function sinkState() {
  const { workers } = await engine.client.status();
  const own = workers?.find(({ name }) => name.endsWith(`/${engine.worker.pid()}`));
  return own?.sinks.find(({ sink }) => sink === "influxdb");
}

const landAll = (kind: "points" | "documents") =>
  Promise.all(Array.from({ length: count }, (_, index) => engine.put(`patient/${kind}/${index}`, "…")));

const pointsHeld = async () => {
  const [[series] = []] = await influx.influx.query(`SELECT count("value") FROM "e2e_patient"`);
  return Number(series?.values[0]?.[1] ?? 0);
};

describe("a database that hangs", { timeout: 180_000 }, () => {
  let points: readonly Landed[];
  let back: number;

  it("keeps its own tasks waiting, which say so, and nobody else's", async () => {
    influx.hang();
    points = await landAll("points");
    const documents = await engine.outcomes(await landAll("documents"));
    expect(documents.map(({ state }) => state)).toEqual(Array.from({ length: count }, () => "processed"));
    expect((await engine.states(points)).filter(({ state }) => state === "processed")).toEqual([]);

    const state = await until("the worker leaves InfluxDB alone", 60_000, async () => {
      const found = await sinkState();
      return found?.state === "open" && found;
    });
    expect(state.reason).toContain("does not answer");
    const pending = await until("a task says in the Temporal UI what it waits for", 60_000, async () => {
      const [run] = await engine.runs(`SluiceObject = "${engine.container}/${points[0]?.key}" AND ExecutionStatus = "Running"`);
      if (!run) return undefined;
      const { raw } = await engine.temporal.client.workflow.getHandle(run.workflowId).describe();
      return raw.pendingActivities?.find(({ attempt }) => (attempt ?? 0) >= 4);
    });
    // More attempts than it may make, and none that counts.
    expect(pending.lastFailure?.message).toMatch(/InfluxDB is (away|left alone).*Its tasks wait/);
  });

  it("gets what waited when it is back, a little at a time, and no attempt was counted", async () => {
    back = Date.now();
    influx.goOn();
    const outcomes = await engine.outcomes(points, 120_000);
    expect(outcomes.filter(({ state }) => state !== "processed")).toEqual([]);
    expect(await pointsHeld()).toBe(count * 10);
    await until("the worker says that it writes again", 30_000, async () => (await sinkState())?.state === "closed");

    const since = influx.writes.filter((at) => at >= back);
    const seconds = Map.groupBy(since, (at) => Math.floor((at - back) / 1_000));
    // Of a hundred tasks that waited, each with one write: spread, and together where they meet.
    expect(seconds.size).toBeGreaterThan(1);
    expect(Math.max(...[...seconds.values()].map((writes) => writes.length))).toBeLessThanOrEqual(40);

    const [run] = (await engine.trace(points[0]?.key ?? "")).runs.filter(({ outcome }) => outcome === "processed");
    const written = run?.dags[0]?.steps.findLast(({ task }) => task === "influx-points");
    expect(written?.status).toBe("success");
    // One that was cut off before anybody knew that the sink hangs may count; those that waited do not.
    expect(written?.attempt).toBeLessThanOrEqual(2);
  });
});
