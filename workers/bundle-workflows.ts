// Writes the workflows' code, in one piece, to stdout.
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode, DefaultLogger } from "@temporalio/worker";

const root = fileURLToPath(new URL("..", import.meta.url));
const workflowsPath = fileURLToPath(new URL(`../workflows/index${extname(import.meta.url)}`, import.meta.url));

/** So that a stack trace names files of Sluice, and not of the machine that the code was bundled on. */
function withPortableMap(code: string): string {
  return code.replace(/(?<=sourceMappingURL=data:[^,]*;base64,)\S+/, (map) => {
    const text = Buffer.from(map, "base64").toString();
    return Buffer.from(text.replaceAll(root, "")).toString("base64");
  });
}

const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger("WARN") });
process.stdout.write(withPortableMap(code));
