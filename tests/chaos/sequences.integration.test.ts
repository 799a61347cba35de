import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createInfluxClient } from "../../infra/influx.ts";
import { connectS3 } from "../../infra/local/s3.ts";
import { type Engine, startEngine } from "../e2e/engine.ts";
import { until } from "../e2e/until.ts";
import { audit, faultLines } from "./audit/index.ts";
import { raggedTable } from "./generator/bad.ts";
import { csvDocuments, plainText } from "./generator/documents.ts";
import type { Content, Draft, Generated } from "./generator/expected.ts";
import { createRandom } from "./generator/random.ts";
import { csvReadings, templateReadings } from "./generator/readings.ts";

const kinds = [
  { ending: "readings.csv", make: csvReadings },
  { ending: "orders.csv", make: csvDocuments },
  { ending: "notes.txt", make: plainText },
  { ending: "press.json", make: templateReadings },
] as const;

const steps = ["arrive", "arrive", "arrive", "arrive bad", "announce again", "announce again", "process again", "kill the worker"] as const;
type Step = { readonly what: (typeof steps)[number]; readonly at: number; readonly wait: boolean };

const step: fc.Arbitrary<Step> = fc.record({ what: fc.constantFrom(...steps), at: fc.nat(kinds.length - 1), wait: fc.boolean() });
const sequence = fc.array(step, { minLength: 2, maxLength: 6 });

/** Sequences that are played side by side, each with objects of its own: what one waits for, the others use. */
const atOnce = 5;

describe("any sequence of arrivals, duplicates, failures and re-processings", { timeout: 300_000 }, () => {
  let engine: Engine;
  let killed = Promise.resolve();
  const objects: Generated[] = [];
  const database = `sequences_${randomBytes(4).toString("hex")}`;
  beforeAll(async () => {
    engine = await startEngine({ env: { SLUICE_INFLUX_DATABASE: database } });
    await using influx = createInfluxClient(engine.env);
    await influx.createDatabase();
  });
  afterAll(async () => {
    await using influx = createInfluxClient(engine.env);
    await influx.query(`DROP DATABASE "${database}"`);
    await engine[Symbol.asyncDispose]();
  });

  it("ends in what processing the last version of each object once would have made", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sequence, { minLength: atOnce, maxLength: atOnce }), fc.nat(), async (sequences, seed) => {
        const run = objects.length / kinds.length;
        const played = await Promise.all(sequences.map((steps, index) => play(steps, run + index, seed)));
        objects.push(...played.flat());
        const { SLUICE_MONGO_URL: mongo, SLUICE_INFLUX_URL: url } = engine.env;
        const lines = faultLines(await audit(objects, { mongo, influx: { url, database }, s3: connectS3(engine.env) }));
        // Processed twice is what a sequence may ask for; only what is left of it in the databases counts.
        expect(lines.filter((line) => !line.startsWith("processings duplicated"))).toEqual([]);
      }),
      { numRuns: 15 / atOnce, endOnFailure: true },
    );
  });

  /** Several objects side by side; each is good in the end, since what is bad at last leaves what was before it. */
  async function play(sequence: readonly Step[], run: number, seed: number): Promise<readonly Generated[]> {
    const versions = kinds.map((): Content[] => []);
    const arrivals: string[] = [];
    const draftOf = (at: number): Draft => ({
      serial: (run * kinds.length + at) * 5,
      version: versions[at]?.length ?? 0,
      container: engine.quiet,
      key: `sequence ${run}/${kinds[at]?.ending}`,
    });

    async function arrive(at: number, make: (draft: Draft, random: ReturnType<typeof createRandom>) => Content): Promise<void> {
      const draft = draftOf(at);
      const content = make(draft, createRandom(seed, `${run}/${at}/${draft.version}`));
      versions[at]?.push(content);
      const { contentType: type, metadata } = content;
      const landed = await engine.put(draft.key, content.bytes, {
        container: engine.quiet,
        ...(type && { type }),
        ...(metadata && { metadata }),
      });
      arrivals.push(...(await engine.announce([landed])));
    }

    async function take({ what, at, wait }: Step): Promise<void> {
      const { make } = kinds[at] ?? kinds[0];
      const there = (versions[at]?.length ?? 0) > 0;
      if (what === "arrive") await arrive(at, make);
      else if (what === "arrive bad" && make !== plainText && make !== templateReadings) await arrive(at, raggedTable);
      else if (what === "announce again" && there)
        arrivals.push(...(await engine.announce([{ container: engine.quiet, key: draftOf(at).key }])));
      else if (what === "process again" && there) await processAgain(draftOf(at));
      else if (what === "kill the worker") await killWorker();
      if (wait) await settled();
    }

    async function settled(): Promise<void> {
      for (const arrival of arrivals.splice(0)) await engine.closed(arrival, 90_000);
    }

    for (const each of sequence) await take(each);
    for (const [at, { make }] of kinds.entries()) if (versions[at]?.at(-1)?.expected.state !== "processed") await arrive(at, make);
    await settled();
    return versions.map((contents, at) => ({
      kind: kinds[at]?.ending ?? "",
      container: engine.quiet,
      key: draftOf(at).key,
      versions: contents,
    }));
  }

  /** One death after the other, whichever sequences ask for it. */
  function killWorker(): Promise<void> {
    killed = killed.then(() => engine.worker.kill()).then(() => engine.worker.start());
    return killed;
  }

  async function processAgain({ container, key }: Draft): Promise<void> {
    const { id } = await engine.client.reprocess({ selection: { objects: [`${container}/${key}`] } });
    const ended = await until(`the re-processing of ${key} has ended`, 90_000, async () => {
      const run = await engine.client.reprocessing(id);
      return run.state !== "running" && run.state !== "paused" && run;
    });
    expect(ended, JSON.stringify(ended)).toMatchObject({ state: "completed" });
  }
});
