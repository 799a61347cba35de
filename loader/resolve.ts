import { registerHooks } from "node:module";

/** `.ts` in a clone, `.js` in the installed package: siblings have the extension of this file. */
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

const own: ReadonlyMap<string, string> = new Map([
  ["sluice/sdk", new URL(`../sdk/index.${extension}`, import.meta.url).href],
  ["sluice/integrators", new URL(`../sdk/integrators.${extension}`, import.meta.url).href],
  ["sluice/parsing", new URL(`../dags/parsing/index.${extension}`, import.meta.url).href],
  ["sluice/testing", new URL(`../sdk/testing/index.${extension}`, import.meta.url).href],
]);

/** What a DAG file may import of Sluice. */
export const ownModules: readonly string[] = [...own.keys()];

/** Schemas are compared by the running zod, so DAG files share its copy. */
export function isZod(specifier: string): boolean {
  return specifier === "zod" || specifier.startsWith("zod/");
}

let registered = false;

/**
 * From here on `sluice/*` and `zod` mean the running Sluice and its zod, wherever the file that imports them stands.
 * Packages keep the zod of their own.
 */
export function resolveToRunningSluice(): void {
  if (registered) return;
  registered = true;
  process.setSourceMapsEnabled(true);
  registerHooks({
    resolve(specifier, context, next) {
      const url = own.get(specifier);
      if (url !== undefined) return { url, shortCircuit: true };
      if (isZod(specifier) && !context.parentURL?.includes("/node_modules/")) {
        return next(specifier, { ...context, parentURL: import.meta.url });
      }
      return next(specifier, context);
    },
  });
}
