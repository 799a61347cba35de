import { once } from "node:events";
import { Command } from "commander";
import { type Lake, stopLake } from "../../infra/local/lake.ts";
import { runningProcesses } from "../../infra/local/processes.ts";
import { step } from "../../infra/local/progress.ts";
import { Interrupted, onInterruption } from "../interruption.ts";
import { count } from "../output/format.ts";
import { createOutput, type Output } from "../output/output.ts";
import { showSteps } from "../output/steps.ts";
import { readSamples } from "../samples/expected.ts";
import { runSamples, type SampleOutcome } from "../samples/run.ts";
import { outcomeTable, problemLines } from "../samples/table.ts";
import { stay } from "../start/stay.ts";
import { addresses, bringUp, type UpOptions, usage, withUpOptions } from "./up.ts";

type StartOptions = UpOptions & { readonly once?: boolean };

export function startCommand(): Command {
  return withUpOptions(new Command("start"))
    .description("start the lake, put the sample objects, and stay until Ctrl-C")
    .option("--once", "end after the samples; exit code 0 only if each landed as expected")
    .option("--json", "print one JSON value")
    .action(async (options: StartOptions) => {
      using interruption = onInterruption();
      const output = createOutput(options);
      try {
        await start(options, output, interruption.signal);
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        process.exitCode = 130;
      }
    });
}

async function start(options: StartOptions, output: Output, signal: AbortSignal): Promise<void> {
  const lake = await bringUp(options, output, signal);
  try {
    const outcomes = await interruptible(showSamples(lake, output), signal);
    if (outcomes.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
    if (options.once) return;
    output.print(`\n${addresses(lake, output)}\n\n${usage(lake)}\n`);
    output.note("The lake is up. Ctrl-C stops it.");
    const end = await stay(lake, output, signal);
    // Staying until somebody has enough, here or at another terminal, is what was asked for.
    process.exitCode = 0;
    if (end === "stopped") return output.note("The lake was stopped from elsewhere.");
  } finally {
    if ((await runningProcesses(lake.home)).length > 0) output.note("Stopping the lake.");
    using steps = showSteps(output);
    await stopLake(lake.home, () => true, steps.report);
  }
}

async function showSamples(lake: Lake, output: Output): Promise<readonly SampleOutcome[]> {
  const samples = await readSamples();
  const outcomes = await withSteps(output, (report) =>
    step(report, "Samples", async (say) => {
      const settled = await runSamples(samples, lake.settings, (done) => say(`${done} of ${samples.length}`));
      return { settled, detail: `${count(settled.length, "object")} put, outcome and data read back` };
    }),
  );
  output.print(`\n${outcomeTable(outcomes.settled, output)}`);
  for (const line of problemLines(outcomes.settled)) output.note(output.paint.red(line));
  output.result({ samples: outcomes.settled });
  return outcomes.settled;
}

async function withSteps<T>(output: Output, work: (report: ReturnType<typeof showSteps>["report"]) => Promise<T>): Promise<T> {
  using steps = showSteps(output);
  return await work(steps.report);
}

/** Ends with the signal, whatever the work still waits for. */
async function interruptible<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = once(signal, "abort").then((): never => {
    throw signal.reason;
  });
  return await Promise.race([work, aborted]);
}
