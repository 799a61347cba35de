import { createHash } from "node:crypto";
import { resolve } from "node:path";
import canonicalize from "canonicalize";
import envPaths from "env-paths";
import { type DagDefinition, isDagDefinition } from "../sdk/language/dag.ts";
import { isOptionError } from "../sdk/language/known-options.ts";
import type { TaskDefinition } from "../sdk/language/task.ts";
import { compileDag } from "../sdk/plan/compile.ts";
import type { Plan, PublishedPlan } from "../sdk/plan/plan.ts";
import { type Bundle, bundleFile } from "./bundle.ts";
import { importBundle, tasksOf } from "./code.ts";
import { lintFlow } from "./lint-flow.ts";
import { placeOfError, type Relocate, relocator } from "./places.ts";
import { mergeProblems, type Problem, type SourcePlace } from "./problem.ts";

/** A DAG as it was loaded, with where its nodes stand in the file. */
export type LoadedDag = PublishedPlan & {
  readonly file: string;
  readonly places: ReadonlyMap<string, SourcePlace>;
  /** Where the DAG itself is defined. */
  readonly place: SourcePlace;
  /** Its tasks by their names in the plan; integrators are among them without a body. */
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
};

/** What is published of it. */
export function publishedPlan({ hash, plan, code }: LoadedDag): PublishedPlan {
  return { hash, plan, code };
}

/** Whether two DAGs of one name do the same: by plan and code. */
export function isSameVersion(one: Pick<PublishedPlan, "hash" | "code">, other: Pick<PublishedPlan, "hash" | "code">): boolean {
  const tasks = Object.entries(one.code);
  return (
    one.hash === other.hash && tasks.length === Object.keys(other.code).length && tasks.every(([task, hash]) => other.code[task] === hash)
  );
}

export type LoadedFile = {
  /** Absolute. */
  readonly file: string;
  /** Empty where the file does not bundle, and for DAGs written as JSON. */
  readonly code: string;
  readonly codeHash: string;
  /** The user's files that went into it, itself among them. */
  readonly inputs: readonly string[];
  readonly dags: readonly LoadedDag[];
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  /** Everything that is wrong with the file; if anything is, nothing of it may be put in force. */
  readonly problems: readonly Problem[];
};

export type LoadOptions = {
  /** Folder that code bundles are imported from. */
  readonly cache?: string;
};

export const defaultCache = (): string => resolve(envPaths("sluice", { suffix: "" }).cache, "code");

/** The hash by which a plan is known: SHA-256 of its canonical JSON (RFC 8785), hex. */
export function planHash(plan: Plan): string {
  return createHash("sha256")
    .update(canonicalize(plan) ?? "")
    .digest("hex");
}

/** Loads a DAG file: its DAGs as plans, its tasks with their bodies, and everything that is wrong with it at once. */
export async function loadDagFile(path: string, { cache = defaultCache() }: LoadOptions = {}): Promise<LoadedFile> {
  const file = resolve(path);
  const { bundle, problems } = await bundleFile(file);
  if (!bundle) return { file, code: "", codeHash: "", inputs: [file], dags: [], tasks: new Map(), problems };
  const linted = lintFlow(file, bundle.inputs);
  const relocate = relocator(file, bundle.inputs, cache);
  const base = { file, code: bundle.code, codeHash: bundle.hash, inputs: bundle.inputs };
  let exports: { readonly [name: string]: unknown };
  try {
    exports = await importBundle(bundle.code, bundle.hash, cache);
  } catch (thrown) {
    return { ...base, dags: [], tasks: new Map(), problems: mergeProblems(linted, [threw(thrown, file, bundle, relocate)]) };
  }
  const dags = [...new Set(Object.values(exports).filter(isDagDefinition))].map((definition) =>
    compile(definition, file, bundle, relocate),
  );
  const tasks = tasksOf(exports);
  const found = [
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
  if (isOptionError(error)) return { code: error.code, message: error.message, ...place };
  const [message = ""] = error.message.split("\n");
  return {
    code: "FILE_THREW",
    message: `The file threw as it was loaded: ${message.replace(/\.?$/, ".")} Only declare tasks and DAGs at its top; work belongs into tasks.`,
    ...place,
  };
}
