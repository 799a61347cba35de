import { Command } from "commander";
import { objectName } from "../arguments.ts";
import { connectGateway } from "../gateway.ts";
import { documentText } from "../output/details.ts";
import { createOutput } from "../output/output.ts";

export function showCommand(): Command {
  return new Command("show")
    .description("show what the catalog knows of an object")
    .argument("<container/key>", "the object")
    .option("--json", "print one JSON value")
    .action(async (named: string, options: { readonly json?: boolean }) => {
      const output = createOutput(options);
      const { container, key } = objectName(named);
      const document = await (await connectGateway()).document(container, key);
      output.print(documentText(document, output));
      output.result(document);
    });
}
