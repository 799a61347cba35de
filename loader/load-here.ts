import type { DagLoader } from "./dag-loader.ts";
import { planFileSuffix } from "./dag-loader.ts";
import { type LoadOptions, loadDagFile } from "./load.ts";
import { loadPlanFile } from "./plan-file.ts";

/** Loads files into this process, which stays in their hands; their tasks have bodies. */
export function loadHere(options: LoadOptions = {}): DagLoader {
  return {
    load: (file, tasks) => (file.endsWith(planFileSuffix) ? loadPlanFile(file, tasks) : loadDagFile(file, options)),
    async [Symbol.asyncDispose]() {},
  };
}
