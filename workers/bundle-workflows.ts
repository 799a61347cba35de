// Writes the workflows' code, in one piece, to stdout.
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode, DefaultLogger } from "@temporalio/worker";
import { transform } from "esbuild";

const workflowsPath = fileURLToPath(new URL(`../workflows/index${extname(import.meta.url)}`, import.meta.url));

/** The worker wants a map, and holds it together with several copies of the code, in memory: so this one maps nothing. */
const map = Buffer.from(JSON.stringify({ version: 3, file: "sluice-workflows.cjs", sources: [], names: [], mappings: "" })).toString(
  "base64",
);

const { code } = await bundleWorkflowCode({
  workflowsPath,
  logger: new DefaultLogger("WARN"),
  // Modules are numbered: their paths would tell where this was made, and differ from place to place.
  webpackConfigHook: (config) => ({ ...config, optimization: { ...config.optimization, moduleIds: "natural" } }),
});
// Names stay: they are what a stack trace shows.
const { code: small } = await transform(code.slice(0, code.lastIndexOf("//# sourceMappingURL=")), {
  minifyWhitespace: true,
  minifySyntax: true,
  charset: "ascii",
  legalComments: "none",
});
process.stdout.write(`${small}\n//# sourceMappingURL=data:application/json;base64,${map}`);
