import { Command } from "commander";
import { readEnvironment } from "../../infra/config.ts";
import { stopLake } from "../../infra/local/lake.ts";
import { runningProcesses } from "../../infra/local/processes.ts";
import { createOutput } from "../output/output.ts";
import { showSteps } from "../output/steps.ts";

export function downCommand(): Command {
  return new Command("down")
    .description("stop the local lake")
    .option("--home <folder>", "the lake's folder (SLUICE_HOME)")
    .option("--json", "print one JSON value")
    .action(async (options: { readonly home?: string; readonly json?: boolean }) => {
      const output = createOutput(options);
      const home = options.home ?? readEnvironment().SLUICE_HOME;
      const stopped = (await runningProcesses(home)).map(({ name }) => name);
      if (stopped.length === 0) output.print(`Nothing of the lake in ${home} is running.`);
      {
        using steps = showSteps(output);
        await stopLake(home, () => true, steps.report);
      }
      output.result({ home, stopped });
    });
}
