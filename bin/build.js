// `npm run build`, and so `npm pack`: the package as it is installed, compiled JavaScript with types under `dist`.
import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensurePackages, root, run } from "./clone.js";

/** What is read at run time and is no TypeScript. */
const assets = ["infra/local/java", "infra/swift", "dags/samples"];

await ensurePackages();
await rm(join(root, "dist"), { recursive: true, force: true });
process.exitCode = await run("tsc", ["-p", "tsconfig.build.json"]);
if (process.exitCode === 0) {
  for (const asset of assets) await cp(join(root, asset), join(root, "dist", asset), { recursive: true, filter: (path) => !path.endsWith(".ts") });
  const { bundleWorkflowCode, DefaultLogger } = await import("@temporalio/worker");
  const workflowsPath = join(root, "dist", "workflows", "index.js");
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger("WARN") });
  await writeFile(join(root, "dist", "workflow-bundle.cjs"), code);
}
