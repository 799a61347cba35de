// `npm run bench`: what the engine costs, on real servers, beside what the same work costs without it.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Report } from "../infra/local/progress.ts";
import { compare } from "./compare.ts";
import type { Figure, Observation, Part } from "./figure.ts";
import { parts } from "./figures/index.ts";
import { openFloors } from "./floors/index.ts";
import { openBenchLake } from "./lake.ts";
import { createObserver } from "./observe.ts";
import { render, renderComparison } from "./report.ts";
import { readResults, resultsOf } from "./results.ts";
import { inRounds } from "./rounds.ts";

const usual = parts.filter(({ onlyByName }) => !onlyByName).map(({ name }) => name);
const named = parts.filter(({ onlyByName }) => onlyByName).map(({ name }) => name);

const usage = `npm run bench -- [--quick] [--rounds N] [--only NAME]… [--json FILE] [--against FILE] [--profile FOLDER]
  --quick            less of everything, and one round
  --rounds N         rounds over all parts, one after another; 5 unless it says otherwise
  --only NAME        one of ${usual.join(", ")}; or ${named.join(", ")}, which no other run has; several times for several
  --json FILE        the results as JSON, with every single value
  --against FILE     how the figures stand to those of an earlier run, as --json has written them
  --profile FOLDER   processor profiles of gateway and worker; \`node bench/profile.ts FOLDER/*\` sums them up`;

type Options = {
  readonly quick: boolean;
  readonly rounds: number;
  readonly profile: string | undefined;
  readonly signal: AbortSignal;
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      only: { type: "string", multiple: true, default: usual },
      json: { type: "string" },
      against: { type: "string" },
      profile: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const { quick, only, against } = values;
  const rounds = Number(values.rounds ?? (quick ? 1 : 5));
  const problems = [
    ...only.filter((name) => !parts.some((part) => part.name === name)).map((name) => `"${name}" is no part of the bench.`),
    ...(Number.isInteger(rounds) && rounds > 0 ? [] : [`--rounds: found "${values.rounds}". Expected a whole number above 0.`]),
  ];
  if (values.help || problems.length > 0) {
    process.stderr.write(`${[...problems, usage].join("\n")}\n`);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  // What cannot be read is said now, not in an hour.
  const before = against === undefined ? undefined : readResults(await readFile(against, "utf8"), against);
  const profile = values.profile === undefined ? undefined : resolve(values.profile);
  if (profile !== undefined) await mkdir(profile, { recursive: true });

  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort(new Error(`Stopped by ${name}.`)));
  const figures: Figure[] = [];
  const observations: Observation[] = [];
  const chosen = parts.filter(({ name }) => only.includes(name));
  for (const together of Map.groupBy(chosen, ({ lake }) => lake).values()) {
    const measured = await measure(together, { quick, rounds, profile, signal: stop.signal });
    figures.push(...measured.figures);
    observations.push(...measured.observations);
  }
  const results = resultsOf(figures, observations, quick);
  process.stdout.write(`${render(results)}\n`);
  if (before !== undefined) process.stdout.write(`\n${renderComparison(compare(before, results), before, results)}\n`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
}

/** All that is measured in one lake, which is gone afterwards. */
async function measure(together: readonly Part[], { quick, rounds, profile, signal }: Options) {
  await using lake = await openBenchLake({ report, profile, signal });
  await using floors = openFloors(lake);
  const observations: Observation[] = [];
  const observe = createObserver(lake.home, (observation) => observations.push(observation));
  let underway = "";
  const options = { quick, floors, observe, say: (doing: string) => say(`${underway}: ${doing}`) };
  const turns = together.map((part) => ({ ...part, open: () => part.open(lake, options) }));
  const measuring = inRounds(turns, rounds, (name, round, of) => (underway = of > 1 ? `${name}, round ${round + 1} of ${of}` : name));
  return { figures: await unlessAborted(measuring, signal), observations };
}

/** What is underway is left to itself: it ends with the lake. */
async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  signal.throwIfAborted();
  return await Promise.race([work, aborted]);
}

const begin = performance.now();

function say(line: string): void {
  process.stderr.write(`${((performance.now() - begin) / 1_000).toFixed(0).padStart(4)} s  ${line}\n`);
}

const report: Report = ({ step, state, detail }) => {
  if (state !== "working" || detail.startsWith("building")) say(`${step}: ${detail}`);
};

try {
  await main();
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
}
