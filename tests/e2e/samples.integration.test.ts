import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSamples } from "../../cli/samples/expected.ts";
import { runSamples, type SampleOutcome } from "../../cli/samples/run.ts";
import { type Engine, startEngine } from "./engine.ts";

const samples = await readSamples();

describe("the samples that ship", () => {
  let engine: Engine;
  let outcomes: readonly SampleOutcome[];

  beforeAll(async () => {
    engine = await startEngine({ containers: [...new Set(samples.map(({ container }) => container))] });
    outcomes = await runSamples(samples, engine.env, () => {});
  });
  afterAll(() => engine?.[Symbol.asyncDispose]());

  it.each(samples.map(({ container, key }, index) => [`${container}/${key}`, index] as const))(
    "%s lands as expected, the databases say",
    (_, index) => {
      expect(outcomes[index]?.problems).toEqual([]);
    },
  );

  it("leave runs that Temporal finds by container, state and DAG", async () => {
    const processed = samples.find(({ expect }) => expect.state === "processed" && expect.dag);
    const query = `SluiceContainer = "${processed?.container}" AND SluiceState = "processed" AND SluiceDag = "${processed?.expect.dag}"`;
    await expect.poll(() => engine.runs(query), { timeout: 15_000 }).not.toHaveLength(0);
  });
});
