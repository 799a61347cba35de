import { readFile, readdir } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import chokidar from "chokidar";
import { bundleText, defaultCache } from "./code.ts";
import { type DagLoader, planFileSuffix } from "./dag-loader.ts";
import { loadApart } from "./load-apart.ts";
import { isSameVersion, type LoadedDag, type LoadedFile } from "./loaded.ts";
import { dagsLost, nothingDefined } from "./no-dag.ts";
import type { RegisteredTask, TaskTable } from "./plan-file/tasks.ts";
import { formatProblem, mayMend, type Problem } from "./problem.ts";

export type RegistryOptions = {
  /** Folders of DAG files, in order: where two files define one DAG, the first stays in force. */
  readonly folders: readonly string[];
  /** Folder that code bundles are imported from. */
  readonly cache?: string;
  /** True: files are loaded by a process of their own, and their tasks have no bodies here. Default false. */
  readonly apart?: boolean;
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
  /** The DAG files that something is wrong with, be it in a file that they import. */
  broken(): readonly BrokenFile[];
  /** The text of a code bundle that a DAG in force runs. */
  codeOf(hash: string): Promise<string | undefined>;
  /** Tasks that plans written as JSON may use. */
  tasks(): TaskTable;
  /** Whether another of the files imports this one. */
  isImported(file: string): boolean;
};

export type BrokenFile = { readonly file: string; readonly problems: readonly Problem[] };

/** One file: what is in force of it, and how it is now. They differ while it is broken. */
type Entry = { readonly good: LoadedFile | undefined; readonly current: LoadedFile };

const settle = 100;

/** Loads all DAG files of some folders and follows their changes. Resolves once everything is loaded. */
export async function createRegistry({
  folders,
  cache = defaultCache(),
  apart = false,
  watch = true,
  onChange,
  log,
}: RegistryOptions): Promise<Registry> {
  const roots = folders.map((folder) => resolve(folder));
  const entries = new Map<string, Entry>();
  let inForce: readonly LoadedDag[] = [];
  let broken: readonly BrokenFile[] = [];

  async function reload(changed: ReadonlySet<string>): Promise<void> {
    const files = await dagFiles(roots, (file) => definesDags(entries.get(file)));
    for (const file of entries.keys()) if (!files.includes(file)) entries.delete(file);
    await using loader = await openLoader();
    for (const file of files.filter((one) => !one.endsWith(planFileSuffix))) {
      if (isTouched(entries.get(file), changed)) await load(file, loader);
    }
    for (const file of files.filter((one) => one.endsWith(planFileSuffix))) await load(file, loader);
    settleOn(files);
  }

  /** Bundler and linter are no part of a process that does not load files itself. */
  async function openLoader(): Promise<DagLoader> {
    return apart ? loadApart({ cache }) : (await import("./load-here.ts")).loadHere({ cache });
  }

  async function load(file: string, loader: DagLoader): Promise<void> {
    const before = entries.get(file);
    const current = await loader.load(file, tableOf(entries.values()));
    const isGood = current.problems.length === 0 && (current.dags.length > 0 || !definesDags(before));
    entries.set(file, { good: isGood ? current : before?.good, current });
  }

  /** The DAGs that a file defined before, where it defines none now and no other file does. */
  function lostBy(file: string, { good, current }: Entry): readonly string[] {
    if (good === current || current.problems.length > 0) return [];
    const elsewhere = [...entries].flatMap(([other, entry]) => (other === file ? [] : namesOf(entry.good)));
    return namesOf(good).filter((name) => !elsewhere.includes(name));
  }

  function isImported(file: string): boolean {
    return [...entries].some(
      ([importer, { good, current }]) => importer !== file && [current, good].some((one) => one?.inputs.includes(file)),
    );
  }

  function settleOn(files: readonly string[]): void {
    const dags: LoadedDag[] = [];
    const wrong: BrokenFile[] = [];
    // What a file imports is not known before it bundles.
    const allBundle = [...entries.values()].every(({ good, current }) => good || current.codeHash !== "" || current.problems.length === 0);
    for (const file of files) {
      const loaded = entries.get(file);
      if (!loaded) continue;
      const { current } = loaded;
      const lost = lostBy(file, loaded);
      // A file whose DAGs stand in others now is as good as it is.
      const good = current.problems.length > 0 || lost.length > 0 ? loaded.good : current;
      entries.set(file, { good, current });
      const problems = [
        ...current.problems,
        ...(lost.length > 0 ? [dagsLost(file, lost)] : allBundle && !isImported(file) ? nothingDefined(current) : []),
      ];
      for (const dag of good?.dags ?? []) {
        const first = dags.find(({ plan }) => plan.dag === dag.plan.dag);
        if (!first) dags.push(dag);
        else if (!isSameVersion(first, dag)) problems.push(definedTwice(dag, first));
      }
      if (problems.length > 0) wrong.push({ file, problems });
    }
    inForce = dags;
    broken = wrong;
  }

  const problemsNow = () => broken.flatMap(({ problems }) => problems);

  const registry: Registry = {
    inForce: () => inForce,
    problems: problemsNow,
    broken: () => broken,
    async codeOf(hash) {
      return [...entries.values()].some(({ good }) => good?.codeHash === hash) ? await bundleText(hash, cache) : undefined;
    },
    tasks: () => tableOf(entries.values()),
    isImported,
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
    const before = state(inForce, broken);
    await reload(changed);
    watcher?.add(outsideInputs(entries.values(), roots));
    if (state(inForce, broken) === before) return;
    const problems = problemsNow();
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
  return !entry || entry.current.problems.some(mayMend) || entry.current.inputs.some((input) => changed.has(input));
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

/** What defined DAGs is looked at for as long as it is there, even where it is empty now. */
function definesDags(entry: Entry | undefined): boolean {
  return namesOf(entry?.good).length > 0;
}

function namesOf(file: LoadedFile | undefined): readonly string[] {
  return file?.dags.map(({ plan }) => plan.dag) ?? [];
}

/** All DAG files in order: folder by folder, then by name. Files that are only imported by others are left out. */
async function dagFiles(roots: readonly string[], isKnown: (file: string) => boolean): Promise<string[]> {
  const found = new Set<string>();
  for (const root of roots) {
    for (const file of (await filesIn(root, roots)).sort())
      if (file.endsWith(planFileSuffix) || isKnown(file) || (await mentionsSluice(file))) found.add(file);
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

function definedTwice({ file, plan }: LoadedDag, first: LoadedDag): Problem {
  return {
    code: "TWO_DAGS_OF_ONE_NAME",
    message: `The DAG "${plan.dag}" is defined in ${first.file} too, which stays in force. Rename one of them, or remove this one.`,
    file,
    line: 1,
    column: 1,
  };
}

function state(dags: readonly LoadedDag[], broken: readonly BrokenFile[]): string {
  return JSON.stringify([dags.map(({ plan, hash, code }) => [plan.dag, hash, code]), broken]);
}
