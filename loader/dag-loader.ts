import type { LoadedFile } from "./loaded.ts";
import type { TaskTable } from "./plan-file/tasks.ts";

/** A DAG as JSON. */
export const planFileSuffix = ".dag.json";

/** Loads the files of one round, one after another. */
export type DagLoader = AsyncDisposable & {
  /** `tasks` are those that a plan written as JSON may use. */
  load(file: string, tasks: TaskTable): Promise<LoadedFile>;
};
