import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { WorkflowBundleOption } from "@temporalio/worker";

/** The code is about 1 MB. */
const maxBuffer = 64 * 1024 * 1024;

/**
 * The workflows' code: built ahead in the package, bundled at start where the sources are. By a process of its own:
 * the bundler takes hundreds of megabytes, which a worker would never give back.
 */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  const built = fileURLToPath(new URL("../workflow-bundle.cjs", import.meta.url));
  if (existsSync(built)) return { codePath: built };
  const bundler = fileURLToPath(new URL(`bundle-workflows${extname(import.meta.url)}`, import.meta.url));
  const { stdout: code } = await promisify(execFile)(process.execPath, [...process.execArgv, bundler], { maxBuffer });
  return { code };
}
