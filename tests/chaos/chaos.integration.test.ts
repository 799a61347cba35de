import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countFaults } from "./audit/index.ts";
import { cutOff, type Fault, killed } from "./faults.ts";
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
  beforeAll(async () => void (lake = await openChaosLake({ mischief, random: createRandom(seed, "webhooks") })));
  afterAll(() => lake?.[Symbol.asyncDispose]());

  it(`has everything in the end, once, and nothing else (CHAOS_SEED=${seed})`, async () => {
    const faults: readonly Fault[] = createRandom(seed, "faults").shuffled([
      killed("worker", 1_000),
      killed("gateway", 1_000),
      killed("temporal", 1_000),
      killed("influxdb", 2_000),
      cutOff("neo4j", 5_000),
    ]);
    const result = await runChaos(lake, {
      objects: await generate(seed, 160, containers),
      faults,
      random: createRandom(seed, "traffic"),
      atLeast,
    });
    if (countFaults(result.findings) > 0) lake.keep();
    expect(countFaults(result.findings), `${render(result)}\nThe lake's folder is kept: ${lake.home}`).toBe(0);
    expect(result.faults.map(({ fault, inFlight }) => [fault, inFlight >= atLeast])).toEqual(faults.map(({ name }) => [name, true]));
    expect(result.findings.map(({ what, expected }) => [what, expected > 0])).toEqual(
      ["objects", "processings", "points", "nodes", "relations", "documents", "members"].map((what) => [what, true]),
    );
  });
});
