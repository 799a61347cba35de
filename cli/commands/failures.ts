import { Command } from "commander";
import type { FailureFilter } from "../../gateway/client.ts";
import { filterOf, withFailureFilter } from "../failure-filter.ts";
import { connectGateway } from "../gateway.ts";
import { failuresText, nextOf } from "../output/failures.ts";
import { createOutput } from "../output/output.ts";

export function failuresCommand(): Command {
  return withFailureFilter(new Command("failures").description("show why objects could not be processed, cause by cause"))
    .option("--json", "print one JSON value")
    .action(failures);
}

async function failures(options: FailureFilter & { readonly json?: boolean }): Promise<void> {
  const output = createOutput(options);
  const found = await (await connectGateway()).failures(filterOf(options));
  output.result({ ...found, groups: found.groups.map((group) => ({ ...group, next: nextOf(group) })) });
  if (found.groups.length === 0 && found.complete) return output.note("Nothing has failed, as far as you asked.");
  output.print(failuresText(found, output));
}
