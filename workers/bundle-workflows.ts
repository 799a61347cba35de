// Writes the workflows' code, in one piece, to stdout.
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode, DefaultLogger } from "@temporalio/worker";

const workflowsPath = fileURLToPath(new URL(`../workflows/index${extname(import.meta.url)}`, import.meta.url));
const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger("WARN") });
process.stdout.write(code);
