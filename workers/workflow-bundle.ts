import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from "@temporalio/worker";

/** The workflows' code: built ahead in the package, bundled at start where the sources are. */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  const built = fileURLToPath(new URL("../workflow-bundle.cjs", import.meta.url));
  if (existsSync(built)) return { codePath: built };
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const workflowsPath = fileURLToPath(new URL(`../workflows/index.${extension}`, import.meta.url));
  return bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger("WARN") });
}
