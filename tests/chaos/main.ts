// `npm run chaos`: objects of every kind through a lake that is broken in every way; in the end nothing may be missing.
import { randomInt } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { allFaults } from "./faults.ts";
import { generate } from "./generator/index.ts";
import { createRandom } from "./generator/random.ts";
import { containers, openChaosLake } from "./lake.ts";
import { mischief } from "./mischief.ts";
import { render, verdict } from "./report.ts";
import { runChaos } from "./run.ts";

const usage = `npm run chaos -- [--seed N] [--objects N] [--only TEXT]… [--cut SECONDS] [--json FILE]
  --seed N       decides everything that is left to chance; a new one by default, which is printed
  --objects N    how many objects; 2000 by default
  --only TEXT    only faults whose name holds it, such as "worker" or "cut off"; several times for several
  --cut SECONDS  how long the network to a sink is cut; 20 by default
  --json FILE    the results, with every single thing that was found wrong`;

/** Objects in flight when a fault strikes; fewer where there are too few objects. */
const inFlight = 50;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string" },
      objects: { type: "string", default: "2000" },
      cut: { type: "string", default: "20" },
      only: { type: "string", multiple: true, default: [] },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const seed = values.seed === undefined ? randomInt(1_000_000) : Number(values.seed);
  const count = Number(values.objects);
  const cut = Number(values.cut);
  if (values.help || !Number.isSafeInteger(seed) || !Number.isSafeInteger(count) || count < 1 || !(cut > 0)) {
    process.stderr.write(`${usage}\n`);
    process.exitCode = values.help ? 0 : 2;
    return;
  }

  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort(new Error(`Stopped by ${name}.`)));
  const only = values.only.map((text) => ` --only ${JSON.stringify(text)}`).join("");
  say(`seed ${seed}: npm run chaos -- --seed ${seed} --objects ${count} --cut ${cut}${only}`);
  const objects = await generate(seed, count, containers);
  const all = allFaults(createRandom(seed, "faults"), cut * 1_000);
  const faults = values.only.length === 0 ? all : all.filter(({ name }) => values.only.some((text) => name.includes(text)));
  if (faults.length === 0) throw new Error(`No fault is named so; there are ${all.map(({ name }) => name).join(", ")}.`);
  await using lake = await openChaosLake({ mischief, random: createRandom(seed, "webhooks"), say });
  try {
    const running = runChaos(lake, {
      objects,
      faults,
      random: createRandom(seed, "traffic"),
      atLeast: Math.min(inFlight, Math.floor(count / faults.length / 2)),
      say,
      signal: stop.signal,
    });
    const result = await Promise.race([running, aborted(stop.signal)]);
    const { passed, failed } = verdict(result);
    process.stdout.write(`${render(result)}\nseed ${seed}: ${passed} passed, ${failed} failed\n`);
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify({ seed, ...result }, null, 2)}\n`);
    if (failed > 0) throw new Error("The databases do not hold what the inputs say.");
  } catch (error) {
    if (!stop.signal.aborted) {
      lake.keep();
      say(`The folder of the lake is kept, with its logs and data: ${lake.home}`);
    }
    throw error;
  }
}

/** What is underway ends with the lake. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

const begin = performance.now();

function say(line: string): void {
  process.stderr.write(`${((performance.now() - begin) / 1_000).toFixed(0).padStart(4)} s  ${line}\n`);
}

try {
  await main();
  process.exit();
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
}
