import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { z } from "zod";
import { terminal } from "../sdk/contracts/errors.ts";
import { type Figure, type Observation, units } from "./figure.ts";
import { median, percentile, type Spread, spreadOf } from "./statistics.ts";

const spread = z.object({ median: z.number(), min: z.number(), max: z.number(), rounds: z.number() });
const byProcess = z.record(z.string(), z.number().nullable());

const resultsSchema = z.object({
  taken: z.string(),
  quick: z.boolean(),
  machine: z.object({
    processor: z.string(),
    processors: z.number(),
    memoryGB: z.number(),
    node: z.string(),
    load: z.array(z.number()),
  }),
  figures: z.array(
    z.object({
      name: z.string(),
      unit: z.enum(units),
      /** Of the rounds' medians; where there was one round, of its values. */
      spread,
      /** Over the values of all rounds, where a round has several. */
      percentiles: z.object({ p50: z.number(), p95: z.number(), p99: z.number() }).optional(),
      /** To each floor, round by round. */
      ratios: z.array(z.object({ floor: z.string(), spread })),
      aim: z.string().optional(),
      note: z.string().optional(),
      /** Every value of every round. */
      rounds: z.array(z.array(z.number())),
    }),
  ),
  observations: z.array(z.object({ name: z.string(), seconds: z.number(), cpu: byProcess, peak: byProcess })),
});

/** What `--json` writes, and `--against` reads. */
export type Results = z.output<typeof resultsSchema>;
export type Summary = Results["figures"][number];

/** @throws `NO_RESULTS` (terminal) */
export function readResults(text: string, file: string): Results {
  const parsed = resultsSchema.safeParse(json(text));
  if (parsed.success) return parsed.data;
  throw terminal(
    "NO_RESULTS",
    `${file} does not hold results of this bench: ${z.prettifyError(parsed.error)}\nName a file that \`npm run bench -- --json FILE\` has written.`,
  );
}

export function resultsOf(figures: readonly Figure[], observations: readonly Observation[], quick: boolean, now = new Date()): Results {
  const machine = {
    processor: cpus()[0]?.model ?? "",
    processors: availableParallelism(),
    memoryGB: Math.round(totalmem() / 1e9),
    node: process.version,
    load: loadavg(),
  };
  return { taken: now.toISOString(), quick, machine, figures: summariesOf(figures), observations: [...observations] };
}

/** One for each name, in the order in which they were first measured. */
export function summariesOf(figures: readonly Figure[]): Summary[] {
  const rounds = Map.groupBy(figures, ({ name }) => name);
  return [...rounds].map(([name, ofName]) => {
    const values = ofName.map((one) => [...one.values]);
    const { unit, floors = [], aim, note } = ofName.at(-1) ?? raise(name);
    const all = values.flat();
    return {
      name,
      unit,
      spread: spreadOfRounds(values),
      ...(all.length > values.length && {
        percentiles: { p50: percentile(all, 0.5), p95: percentile(all, 0.95), p99: percentile(all, 0.99) },
      }),
      ratios: floors.map((floor) => ({ floor, spread: ratioOf(ofName, rounds.get(floor) ?? raise(floor)) })),
      ...(aim !== undefined && { aim }),
      ...(note !== undefined && { note }),
      rounds: values,
    };
  });
}

function spreadOfRounds(rounds: readonly (readonly number[])[]): Spread {
  const [first = []] = rounds;
  return rounds.length === 1 ? { ...spreadOf(first), rounds: 1 } : spreadOf(rounds.map(median));
}

/** Of the same round: what the machine did at that time is in both. */
function ratioOf(figures: readonly Figure[], floors: readonly Figure[]): Spread {
  return spreadOf(figures.flatMap(({ values }, round) => (floors[round] ? [median(values) / median(floors[round].values)] : [])));
}

function raise(name: string): never {
  throw new Error(`No part has measured the floor "${name}".`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
