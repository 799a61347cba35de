import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import { readEnvironment } from "../../infra/config.ts";
import { readState } from "../../infra/local/state.ts";
import type { LoadedDag } from "../../loader/loaded.ts";
import { formatProblem } from "../../loader/problem.ts";
import { createRegistry, type Registry } from "../../loader/registry.ts";
import { terminal } from "../../sdk/contracts/errors.ts";
import { dagFolders } from "../arguments.ts";
import type { Output } from "../output/output.ts";

/** The minimum service, which ships beside this. */
const shipped = fileURLToPath(new URL("../../dags/minimum", import.meta.url));

export type FolderOptions = { readonly dags?: readonly string[] };

/** Collects `--dags` given several times, or once with several folders. */
export function collectFolders(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(delimiter).filter(Boolean)];
}

/** The DAGs of the folders named, else of those that the lake here was started with, and what ships. Broken files are noted on stderr. */
export async function openFolders({ dags }: FolderOptions, output: Output): Promise<Registry> {
  const lake = await readState(readEnvironment().SLUICE_HOME);
  const environment = readEnvironment({ ...lake?.env, ...process.env });
  const folders = [...(dags ? await dagFolders(dags) : environment.SLUICE_DAGS), ...(environment.SLUICE_SHIPPED_DAGS ? [shipped] : [])];
  const registry = await createRegistry({ folders, watch: false });
  for (const problem of registry.problems()) output.note(formatProblem(problem));
  return registry;
}

/** The names of the DAGs that ship; none where those are not to be in force. */
export async function shippedNames(): Promise<readonly string[]> {
  if (!readEnvironment().SLUICE_SHIPPED_DAGS) return [];
  await using registry = await createRegistry({ folders: [shipped], watch: false });
  return registry.inForce().map(({ plan }) => plan.dag);
}

export function dagNamed(registry: Registry, name: string): LoadedDag {
  const dag = registry.inForce().find(({ plan }) => plan.dag === name);
  if (dag) return dag;
  const known = registry.inForce().map(({ plan }) => plan.dag);
  throw terminal(
    "UNKNOWN_DAG",
    `There is no DAG "${name}". Known are: ${known.join(", ") || "none"}. Name the folder of your DAG files with --dags or SLUICE_DAGS.`,
  );
}

export function isShipped({ file }: { readonly file: string }): boolean {
  return file.startsWith(shipped);
}
