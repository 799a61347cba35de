// `npm run build`, and so `npm pack`: the package as it is installed, compiled JavaScript with types under `dist`.
import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensurePackages, root, run } from "./clone.js";

const dist = join(root, "dist");

/** What is read at run time and is no TypeScript. */
const assets = ["infra/local/java", "infra/swift", "dags/samples"];

await ensurePackages();
await rm(dist, { recursive: true, force: true });
process.exitCode = await run("tsc", ["-p", "tsconfig.build.json"]);
if (process.exitCode === 0) {
  // The compiler copies it with the import; Node would take `dist` for a package of that name.
  await rm(join(dist, "package.json"));
  await Promise.all(assets.map((asset) => cp(join(root, asset), join(dist, asset), { recursive: true, filter: isAsset })));
  await bundleWorkflows();
}

function isAsset(path) {
  return !/\.ts$|__pycache__/.test(path);
}

/** Ahead, so that an installed worker starts without a bundler at work. */
async function bundleWorkflows() {
  const { bundleWorkflowCode, DefaultLogger } = await import("@temporalio/worker");
  const workflowsPath = join(dist, "workflows", "index.js");
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger("WARN"), webpackConfigHook: withPortablePaths });
  await writeFile(join(dist, "workflow-bundle.cjs"), code);
}

/** What a stack trace names is a file of the package, wherever it was built. */
function withPortablePaths(config) {
  const devtoolModuleFilenameTemplate = ({ absoluteResourcePath }) => absoluteResourcePath.replaceAll(root, "");
  return { ...config, output: { ...config.output, devtoolModuleFilenameTemplate } };
}
