import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import envPaths from "env-paths";
import { terminal } from "../sdk/contracts/errors.ts";
import { isDagDefinition } from "../sdk/language/dag.ts";
import { type TaskDefinition, taskDefinitionOf } from "../sdk/language/task.ts";
import { compileDag } from "../sdk/plan/compile.ts";
import { resolveToRunningSluice } from "./resolve.ts";

/** What a module exports, by name. */
export type Exports = { readonly [name: string]: unknown };

/** The text of a bundle and its hash. */
export type Code = { readonly code: string; readonly hash: string };

export const defaultCache = (): string => resolve(envPaths("sluice", { suffix: "" }).cache, "code");

export function codeHash(code: string): string {
  return createHash("sha256").update(code).digest("hex");
}

const fileOf = (hash: string, cache: string) => join(cache, `${hash}.mjs`);

/** The text of a bundle that was imported out of the folder before. */
export function bundleText(hash: string, cache = defaultCache()): Promise<string> {
  return readFile(fileOf(hash, cache), "utf8");
}

/**
 * Imports a code bundle out of a folder that holds bundles by their hash; writes it there first, in one step, so that
 * several processes may share the folder.
 *
 * @throws `CODE_CORRUPT` (terminal) where the code is not what the hash says.
 */
export async function importBundle({ code, hash }: Code, cache: string): Promise<Exports> {
  const found = codeHash(code);
  if (found !== hash) {
    throw terminal(
      "CODE_CORRUPT",
      `The code bundle ${hash} hashes to ${found}: it was changed or cut since it was stored. Publish its DAG file again.`,
    );
  }
  resolveToRunningSluice();
  const file = fileOf(hash, cache);
  if ((await bundleText(hash, cache).catch(() => undefined)) !== code) {
    await mkdir(cache, { recursive: true });
    const draft = join(cache, `${hash}.${randomUUID()}.draft`);
    await writeFile(draft, code, { mode: 0o600 });
    await rename(draft, file);
  }
  return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Exports;
}

/** The tasks of a code bundle by name: those it exports, and those its DAGs call. */
export async function loadTasks(code: string, hash: string, cache: string): Promise<ReadonlyMap<string, TaskDefinition>> {
  return new Map(tasksOf(await importBundle({ code, hash }, cache)).map((task) => [task.name, task]));
}

/** Each task once, in the order of the file, however often it is exported or called; different ones of one name are all there. */
export function tasksOf(exports: Exports): readonly TaskDefinition[] {
  const values = Object.values(exports);
  const exported = values.map(taskDefinitionOf).filter((task) => task !== undefined);
  const called = values.filter(isDagDefinition).flatMap((definition) => [...compileDag(definition).tasks.values()]);
  const all = [...exported, ...called].filter(({ spec }) => spec.kind === "code");
  return [...new Map(all.map((task) => [task.run, task])).values()].sort((one, other) => (one.place.line ?? 0) - (other.place.line ?? 0));
}
