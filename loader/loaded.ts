import type { SourcePlace } from "../sdk/language/flow.ts";
import type { TaskDefinition } from "../sdk/language/task.ts";
import type { PublishedPlan } from "../sdk/plan/plan.ts";
import type { Problem } from "./problem.ts";

/** A DAG as it was loaded, with where its nodes stand in the file. */
export type LoadedDag = PublishedPlan & {
  readonly file: string;
  readonly places: ReadonlyMap<string, SourcePlace>;
  /** Where the DAG itself is defined. */
  readonly place: SourcePlace;
  /** Its tasks by their names in the plan; integrators are among them without a body. */
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
};

export type LoadedFile = {
  /** Absolute. */
  readonly file: string;
  /** Of the bundle, which lies in the cache; empty where the file does not bundle, and for DAGs written as JSON. */
  readonly codeHash: string;
  /** The user's files that went into it, itself among them. */
  readonly inputs: readonly string[];
  /** Whether it imports more of Sluice than types. */
  readonly usesSluice: boolean;
  readonly dags: readonly LoadedDag[];
  /** Without their bodies where another process loaded the file. */
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  /** Everything that is wrong with the file; if anything is, nothing of it may be put in force. */
  readonly problems: readonly Problem[];
};

/** Of a file that nothing could be loaded of. */
export function nothingOf(file: string): LoadedFile {
  return { file, codeHash: "", inputs: [file], usesSluice: false, dags: [], tasks: new Map(), problems: [] };
}

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
