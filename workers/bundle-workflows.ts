// Writes the workflows' code, in one piece, to stdout.
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { type BundleOptions, bundleWorkflowCode, DefaultLogger } from "@temporalio/worker";

const root = fileURLToPath(new URL("..", import.meta.url));
const workflowsPath = fileURLToPath(new URL(`../workflows/index${extname(import.meta.url)}`, import.meta.url));

/** So that a stack trace names files of Sluice, and not of the machine that the code was bundled on. */
const portablePaths: BundleOptions["webpackConfigHook"] = (config) => ({
  ...config,
  output: {
    ...config.output,
    devtoolModuleFilenameTemplate: (module: { readonly absoluteResourcePath: string }) => module.absoluteResourcePath.replaceAll(root, ""),
  },
});

const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger("WARN"), webpackConfigHook: portablePaths });
process.stdout.write(code);
