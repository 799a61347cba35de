import { Command } from "commander";
import { objectName } from "../arguments.ts";
import { connectGateway } from "../gateway.ts";
import { createOutput } from "../output/output.ts";
import { traceText } from "../output/trace.ts";

export function traceCommand(): Command {
  return new Command("trace")
    .description("show what happened to an object, task by task")
    .argument("<container/key>", "the object")
    .option("--json", "print one JSON value")
    .action(async (named: string, options: { readonly json?: boolean }) => {
      const output = createOutput(options);
      const { container, key } = objectName(named);
      const trace = await (await connectGateway()).trace(container, key);
      output.print(traceText(trace, output));
      output.result(trace);
    });
}
