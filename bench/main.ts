// `npm run bench`: what the engine costs, on real servers, beside what the same work costs without it.
import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Report } from "../infra/local/progress.ts";
import type { Figure, Part } from "./figure.ts";
import { chain } from "./figures/chain.ts";
import { fairness } from "./figures/fairness.ts";
import { idleLatency } from "./figures/idle-latency.ts";
import { largeCsv } from "./figures/large-csv.ts";
import { manyObjects } from "./figures/many-objects.ts";
import { reconcile } from "./figures/reconcile.ts";
import { openBenchLake } from "./lake.ts";
import { createObserver } from "./observe.ts";
import { render, resultsOf } from "./report.ts";

const parts: readonly Part[] = [idleLatency, chain, manyObjects, fairness, reconcile, largeCsv];

const usage = `npm run bench -- [--quick] [--only NAME]… [--json FILE] [--profile FOLDER]
  --quick            less of everything
  --only NAME        one of ${parts.map(({ name }) => name).join(", ")}; several times for several
  --json FILE        the results as JSON, with every single value
  --profile FOLDER   processor profiles of gateway and worker; \`node bench/profile.ts FOLDER/*\` sums them up`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      json: { type: "string" },
      profile: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const unknown = values.only.filter((name) => !parts.some((part) => part.name === name));
  if (values.help || unknown.length > 0) {
    process.stderr.write(`${unknown.map((name) => `"${name}" is no part of the bench.\n`).join("")}${usage}\n`);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const { quick } = values;
  const chosen = parts.filter(({ name }) => values.only.length === 0 || values.only.includes(name));
  const profile = values.profile === undefined ? undefined : resolve(values.profile);
  if (profile !== undefined) await mkdir(profile, { recursive: true });

  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort(new Error(`Stopped by ${name}.`)));
  await using lake = await openBenchLake({ report, profile, signal: stop.signal });
  const { observe, observations } = createObserver(lake.home);
  const figures: Figure[] = [];
  for (const part of chosen) {
    const measuring = part.run(lake, { quick, observe, say: (doing) => say(`${part.name}: ${doing}`) });
    figures.push(...(await unlessAborted(measuring, stop.signal)));
  }
  const results = resultsOf(figures, observations(), quick);
  process.stdout.write(`${render(results)}\n`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
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
