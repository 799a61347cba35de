import { createHash } from "node:crypto";
import { resolve } from "node:path";
import canonicalize from "canonicalize";
import { type DagDefinition, isDagDefinition } from "../sdk/language/dag.ts";
import { gatherProblems } from "../sdk/language/loading.ts";
import type { TaskDefinition } from "../sdk/language/task.ts";
import { compileDag } from "../sdk/plan/compile.ts";
import type { Plan } from "../sdk/plan/plan.ts";
import { type Bundle, bundleFile } from "./bundle.ts";
import { defaultCache, type Exports, importBundle, tasksOf } from "./code.ts";
import { lintFlow } from "./lint-flow.ts";
import { type LoadedDag, type LoadedFile, nothingOf } from "./loaded.ts";
import { placeOfError, type Relocate, relocator } from "./places.ts";
import { mergeProblems, type Problem } from "./problem.ts";

export type LoadOptions = {
  /** Folder that code bundles are imported from. */
  readonly cache?: string;
  /** Imports the bundle in another way than {@link importBundle}; what it throws is the file's fault. */
  readonly importing?: (bundle: Bundle, cache: string) => Promise<Exports>;
};

/** The hash by which a plan is known: SHA-256 of its canonical JSON (RFC 8785), hex. */
export function planHash(plan: Plan): string {
  return createHash("sha256")
    .update(canonicalize(plan) ?? "")
    .digest("hex");
}

/** Loads a DAG file: its DAGs as plans, its tasks with their bodies, and everything that is wrong with it at once. */
export async function loadDagFile(
  path: string,
  { cache = defaultCache(), importing = importBundle }: LoadOptions = {},
): Promise<LoadedFile> {
  const file = resolve(path);
  const { bundle, problems } = await bundleFile(file);
  if (!bundle) return { ...nothingOf(file), problems };
  const linted = lintFlow(file, bundle.inputs);
  const relocate = relocator(file, bundle.inputs, cache);
  const base = { ...nothingOf(file), codeHash: bundle.hash, inputs: bundle.inputs, usesSluice: usesSluice(bundle) };
  const { loaded: exports, thrown, problems: called } = await inTurn(() => gatherProblems(() => importing(bundle, cache)));
  const wrong = called.map((problem) => ({ file, ...relocate(problem) }));
  if (!exports) return { ...base, problems: mergeProblems(linted, [...wrong, threw(thrown, file, bundle, relocate)]) };
  const dags = [...new Set(Object.values(exports).filter(isDagDefinition))].map((definition) =>
    compile(definition, file, bundle, relocate),
  );
  const tasks = tasksOf(exports);
  const found = [
    ...wrong,
    ...dags.flatMap((dag) => dag.problems),
    ...sameNames(
      tasks,
      dags.map(({ dag }) => dag),
      relocate,
    ),
  ];
  return {
    ...base,
    dags: dags.map(({ dag }) => dag),
    tasks: new Map(tasks.map((task) => [task.name, task])),
    problems: mergeProblems(linted, found),
  };
}

let last: Promise<unknown> = Promise.resolve();

/** One import after the other, so that what the language finds wrong is known to be that file's. */
function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  const next = last.then(work);
  last = next.catch(() => undefined);
  return next;
}

/** Types are gone from a bundle. */
function usesSluice({ code }: Bundle): boolean {
  return /^import .*"sluice\/sdk"/m.test(code);
}

function compile(
  definition: DagDefinition,
  file: string,
  bundle: Bundle,
  relocate: Relocate,
): { dag: LoadedDag; problems: readonly Problem[] } {
  const { plan, tasks, places, problems } = compileDag(definition);
  const own = [...tasks].filter(([, task]) => task.spec.kind === "code").map(([name]) => [name, bundle.hash]);
  const dag: LoadedDag = {
    hash: planHash(plan),
    plan,
    code: Object.fromEntries(own) as { [task: string]: string },
    file,
    place: relocate(definition.place),
    places: new Map([...places].map(([node, place]) => [node, relocate(place)])),
    tasks,
  };
  return { dag, problems: problems.map((problem) => ({ file, ...relocate(problem) })) };
}

function sameNames(tasks: readonly TaskDefinition[], dags: readonly LoadedDag[], relocate: Relocate): Problem[] {
  const repeated = <T>(all: readonly T[], nameOf: (entry: T) => string) =>
    all.flatMap((entry, index) => {
      const first = all.findIndex((other) => nameOf(other) === nameOf(entry));
      return first < index ? [{ entry, first: all[first] as T }] : [];
    });
  return [
    ...repeated(tasks, (task) => task.name).map(({ entry, first }) => ({
      code: "TWO_TASKS_OF_ONE_NAME",
      message: `Two tasks are called "${entry.name}"; the other stands in line ${relocate(first.place).line ?? "?"}. A task's name is its identity: give one of them another.`,
      ...relocate(entry.place),
    })),
    ...repeated(dags, (dag) => dag.plan.dag).map(({ entry }) => ({
      code: "TWO_DAGS_OF_ONE_NAME",
      message: `Two DAGs of this file are called "${entry.plan.dag}". Give one of them another name.`,
      ...entry.place,
    })),
  ];
}

function threw(thrown: unknown, file: string, bundle: Bundle, relocate: Relocate): Problem {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const place = placeOfError(error, file, bundle.inputs, relocate);
  const [message = ""] = error.message.split("\n");
  return {
    code: "FILE_THREW",
    message: `The file threw as it was loaded: ${message.replace(/\.?$/, ".")} Only declare tasks and DAGs at its top; work belongs into tasks.`,
    ...place,
  };
}
