// `npm run build`, and so `npm pack`: the package as it is installed, compiled JavaScript with types under `dist`.
import { cp, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { ensurePackages, root, run, sourceFlags } from "./clone.js";

const dist = join(root, "dist");

/** What is read at run time and is no TypeScript. */
const assets = ["infra/local/java", "infra/swift", "dags/samples"];

await ensurePackages();
await rm(dist, { recursive: true, force: true });
process.exitCode = (await run("tsc", ["-p", "tsconfig.build.json"])) || (await bundleWorkflows());
await Promise.all(assets.map((asset) => cp(join(root, asset), join(dist, asset), { recursive: true, filter: isAsset })));
// The compiler copies it with an import; Node would take `dist` for a package of that name.
await rm(join(dist, "package.json"), { force: true });

function isAsset(path) {
  return !/\.ts$|__pycache__/.test(path);
}

/** Ahead, so that an installed worker starts without a bundler at work. */
async function bundleWorkflows() {
  const bundle = await open(join(dist, "workflow-bundle.cjs"), "w");
  try {
    return await run("node", [...sourceFlags, "workers/bundle-workflows.ts"], root, ["ignore", bundle.fd, "inherit"]);
  } finally {
    await bundle.close();
  }
}
