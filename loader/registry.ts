import { readFile, readdir } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import chokidar from "chokidar";
import { loadDagFile, type LoadedDag, type LoadedFile } from "./load.ts";
import { loadPlanFile, planFileSuffix } from "./plan-file.ts";
import type { RegisteredTask, TaskTable } from "./plan-file/tasks.ts";
import { formatProblem, type Problem } from "./problem.ts";

export type RegistryOptions = {
  /** Folders of DAG files, in order: where two files define one DAG, the first stays in force. */
  readonly folders: readonly string[];
  /** Folder that code bundles are imported from. */
  readonly cache?: string;
  /** False: the folders are read once. Default true. */
  readonly watch?: boolean;
  /** Called after every reload that changed what is in force or what is wrong. */
  readonly onChange?: (registry: Registry) => void | Promise<void>;
  readonly log?: { info(message: string): void; warn(message: string): void };
};

/** What DAG files there are, and which of their versions are in force. */
export type Registry = AsyncDisposable & {
  inForce(): readonly LoadedDag[];
  /** Everything that is wrong with the files as they are now. */
  problems(): readonly Problem[];
  /** The text of a code bundle that a DAG in force runs. */
  codeOf(hash: string): string | undefined;
  /** Tasks that plans written as JSON may use. */
  tasks(): TaskTable;
};

/** One file: what is in force of it, and how it is now. They differ while it is broken. */
type Entry = { readonly good: LoadedFile | undefined; readonly current: LoadedFile };

const settle = 100;

/** Loads all DAG files of some folders and follows their changes. Resolves once everything is loaded. */
export async function createRegistry({ folders, cache, watch = true, onChange, log }: RegistryOptions): Promise<Registry> {
  const roots = folders.map((folder) => resolve(folder));
  const entries = new Map<string, Entry>();
  let inForce: readonly LoadedDag[] = [];
  let problems: readonly Problem[] = [];

  async function reload(changed: ReadonlySet<string>): Promise<void> {
    const files = await dagFiles(roots);
    for (const file of entries.keys()) if (!files.includes(file)) entries.delete(file);
    const table = () => tableOf(entries.values());
    for (const file of files.filter((one) => !one.endsWith(planFileSuffix))) {
      if (isTouched(entries.get(file), changed)) await load(file, () => loadDagFile(file, cache === undefined ? {} : { cache }));
    }
    for (const file of files.filter((one) => one.endsWith(planFileSuffix))) await load(file, () => loadPlanFile(file, table()));
    settleOn(files);
  }

  async function load(file: string, read: () => Promise<LoadedFile>): Promise<void> {
    const before = entries.get(file);
    const current = await read();
    entries.set(file, { good: current.problems.length === 0 ? current : before?.good, current });
  }

  function settleOn(files: readonly string[]): void {
    const dags: LoadedDag[] = [];
    const wrong: Problem[] = [];
    for (const file of files) {
      const entry = entries.get(file);
      wrong.push(...(entry?.current.problems ?? []));
      for (const dag of entry?.good?.dags ?? []) {
        const first = dags.find(({ plan }) => plan.dag === dag.plan.dag);
        if (first)
          wrong.push({
            code: "TWO_DAGS_OF_ONE_NAME",
            message: `The DAG "${dag.plan.dag}" is defined in ${first.file} too, which stays in force. Rename one of them, or remove this one.`,
            file,
            line: 1,
            column: 1,
          });
        else dags.push(dag);
      }
    }
    inForce = dags;
    problems = wrong;
  }

  const registry: Registry = {
    inForce: () => inForce,
    problems: () => problems,
    codeOf: (hash) => [...entries.values()].find(({ good }) => good?.codeHash === hash)?.good?.code,
    tasks: () => tableOf(entries.values()),
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      await watcher?.close();
      await underway;
    },
  };

  let pending = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let underway: Promise<void> = reload(new Set());
  await underway;

  async function followChanges(): Promise<void> {
    const changed = pending;
    pending = new Set();
    const before = state(inForce, problems);
    await reload(changed);
    watcher?.add(outsideInputs(entries.values(), roots));
    if (state(inForce, problems) === before) return;
    for (const problem of problems) log?.warn(formatProblem(problem));
    log?.info(`${inForce.length} DAGs are in force, ${problems.length} problems.`);
    await onChange?.(registry);
  }

  const watcher = watch
    ? chokidar.watch([...roots, ...outsideInputs(entries.values(), roots)], {
        ignoreInitial: true,
        ignored: (path) => isHidden(path, roots),
      })
    : undefined;
  watcher?.on("all", (_, path) => {
    pending.add(resolve(path));
    clearTimeout(timer);
    timer = setTimeout(() => {
      underway = underway
        .then(followChanges)
        .catch((thrown: unknown) => log?.warn(`The DAG files could not be read again: ${String(thrown)}. What was in force stays.`));
    }, settle);
  });
  if (watcher) await new Promise<void>((ready) => watcher.once("ready", () => ready()));
  return registry;
}

/** New, changed, an importer of what changed, or broken: what a broken file lacks may be anywhere. */
function isTouched(entry: Entry | undefined, changed: ReadonlySet<string>): boolean {
  return !entry || entry.current.problems.length > 0 || entry.current.inputs.some((input) => changed.has(input));
}

/** Packages and hidden folders inside of a root; where the root itself stands does not matter. */
function isHidden(path: string, roots: readonly string[]): boolean {
  const root = roots.find((one) => path.startsWith(one + sep));
  return (
    root !== undefined &&
    relative(root, path)
      .split(sep)
      .some((part) => part === "node_modules" || part.startsWith("."))
  );
}

function outsideInputs(entries: Iterable<Entry>, roots: readonly string[]): string[] {
  const inputs = [...entries].flatMap(({ current }) => current.inputs);
  return [...new Set(inputs)].filter((input) => !roots.some((root) => input.startsWith(root + sep)));
}

/** All DAG files in order: folder by folder, then by name. Files that are only imported by others are left out. */
async function dagFiles(roots: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const root of roots) {
    for (const file of (await filesIn(root, roots)).sort())
      if (file.endsWith(planFileSuffix) || (await mentionsSluice(file))) found.add(file);
  }
  return [...found];
}

async function filesIn(folder: string, roots: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (isHidden(path, roots)) return [];
      return entry.isDirectory() ? filesIn(path, roots) : isDagFile(path) ? [path] : [];
    }),
  );
  return found.flat();
}

function isDagFile(name: string): boolean {
  const file = basename(name);
  return file.endsWith(planFileSuffix) || (/\.(ts|mts|js|mjs)$/.test(file) && !/\.d\.m?ts$|\.(test|spec)\.m?[jt]s$/.test(file));
}

/** A file that imports nothing of Sluice defines no DAG; it is bundled with those that import it. */
async function mentionsSluice(file: string): Promise<boolean> {
  return (await readFile(file, "utf8").catch(() => "")).includes("sluice/sdk");
}

function tableOf(entries: Iterable<Entry>): TaskTable {
  const table = new Map<string, RegisteredTask[]>();
  for (const { good } of entries) {
    for (const [name, task] of good?.tasks ?? [])
      table.set(name, [...(table.get(name) ?? []), { task, codeHash: good?.codeHash ?? "", file: good?.file ?? "" }]);
  }
  return table;
}

function state(dags: readonly LoadedDag[], problems: readonly Problem[]): string {
  return JSON.stringify([dags.map(({ plan, hash, code }) => [plan.dag, hash, code]), problems]);
}
