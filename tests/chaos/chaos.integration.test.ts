import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGatewayClient, type ReprocessingRun } from "../../gateway/client.ts";
import { until } from "../e2e/until.ts";
import { audit, countFaults, faultLines } from "./audit/index.ts";
import { cutOff, type Fault, killed } from "./faults.ts";
import type { Generated } from "./generator/expected.ts";
import { generate } from "./generator/index.ts";
import { createRandom } from "./generator/random.ts";
import { type ChaosLake, containers, openChaosLake } from "./lake.ts";
import { mischief } from "./mischief.ts";
import { render } from "./report.ts";
import { runChaos } from "./run.ts";

/** Objects in flight at each fault. */
const atLeast = 15;

/** `npm run chaos` in short: the long form has every fault and many more objects. */
describe("a lake that is broken while objects come in", { timeout: 240_000 }, () => {
  const seed = Number(process.env["CHAOS_SEED"] ?? randomInt(1_000_000));
  let lake: ChaosLake;
  let objects: readonly Generated[];
  beforeAll(async () => {
    objects = await generate(seed, 160, containers);
    lake = await openChaosLake({ mischief, random: createRandom(seed, "webhooks") });
  });
  afterAll(() => lake?.[Symbol.asyncDispose]());

  it(`has everything in the end, once, and nothing else (CHAOS_SEED=${seed})`, async () => {
    const faults: readonly Fault[] = createRandom(seed, "faults").shuffled([
      killed("worker", 1_000),
      killed("gateway", 1_000),
      killed("temporal", 1_000),
      killed("influxdb", 2_000),
      cutOff("neo4j", 5_000),
    ]);
    const result = await runChaos(lake, { objects, faults, random: createRandom(seed, "traffic"), atLeast });
    if (countFaults(result.findings) > 0) lake.keep();
    expect(countFaults(result.findings), `${render(result)}\nThe lake's folder is kept: ${lake.home}`).toBe(0);
    expect(result.faults.map(({ fault, inFlight }) => [fault, inFlight >= atLeast])).toEqual(faults.map(({ name }) => [name, true]));
    expect(result.findings.map(({ what, expected }) => [what, expected > 0])).toEqual(
      ["objects", "processings", "points", "nodes", "relations", "documents", "members"].map((what) => [what, true]),
    );
  });

  it("processes them again, each exactly once more, though gateway and Temporal are killed midway", async () => {
    const client = createGatewayClient({ url: lake.env.SLUICE_GATEWAY_URL, token: lake.env.SLUICE_API_TOKEN });
    const types = ["application/json", "text/csv", "text/plain", "image/*"];
    const { id } = await client.reprocess({ selection: { states: ["processed"], types }, rate: 15 });
    const reaches = (what: string, isThere: (run: ReprocessingRun) => boolean) =>
      until(`the re-processing ${what}`, 60_000, async () => {
        // Temporal is back before it answers everybody again.
        const run = await client.reprocessing(id).catch(() => undefined);
        return run && isThere(run) && run;
      });
    let before = 0;
    for (const name of ["gateway", "temporal"] as const) {
      const midway = await reaches(`has got on, before ${name} is killed`, ({ processed }) => processed > before);
      expect(midway.state).toBe("running");
      before = midway.processed;
      await lake.kill(name);
      await lake.start(name);
    }
    const run = await reaches("has ended", ({ state }) => state !== "running");
    expect(run).toMatchObject({ state: "completed", processed: run.selected, other: 0, failures: [] });

    const lines = faultLines(await audit(objects, lake.databases));
    expect(lines.filter((line) => !line.endsWith(": processed 2 times"))).toEqual([]);
    expect(lines.length).toBe(run.selected);
  });
});
