import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import envPaths from "env-paths";
import { withLock } from "./lock.ts";
import type { Say } from "./progress.ts";
import type { Recipe } from "./recipe.ts";
import { createToolRunner, onPath } from "./tools.ts";

export type Installed = { readonly program: string; readonly from: "path" | "cache" | "built" };

/** Built servers are shared by all checkouts of a user. */
export const cacheFolder = envPaths("sluice", { suffix: "" }).cache;

/** Finds the recipe's program on the PATH or in the cache; builds it into the cache where it is in neither. */
export async function install(recipe: Recipe, say: Say = () => {}, signal?: AbortSignal): Promise<Installed> {
  const run = createToolRunner(recipe.title, recipe.variable, signal);
  const present = recipe.installed && (await onPath(recipe.installed.program));
  if (present && (await (recipe.installed?.accepts?.(present, run) ?? true))) return { program: present, from: "path" };

  const folder = join(cacheFolder, recipe.name, recipe.version);
  const program = join(folder, recipe.artefact);
  if (await exists(program)) return { program, from: "cache" };

  const built = await withLock(
    `${folder}.lock`,
    async () => {
      if (await exists(program)) return false;
      say(`building, ${recipe.buildTime} the first time`);
      await buildInto(folder, (into) => recipe.build(into, run));
      return true;
    },
    () => say("waiting for another process that is building it"),
  );
  return { program, from: built ? "built" : "cache" };
}

/** A build that was interrupted leaves no half of a server behind under its name. */
async function buildInto(folder: string, build: (into: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.`);
  try {
    await build(unfinished);
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
