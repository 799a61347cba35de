import type { Bundle } from "./bundle.ts";
import type { LoadedDag, LoadedFile } from "./loaded.ts";
import type { RegisteredTask, TaskDescription } from "./plan-file/tasks.ts";

/** What a worker asks of the process that loads DAG files for it. */
export type Job = {
  readonly file: string;
  readonly cache: string;
  readonly tasks: TableOf<TaskDescription>;
};

/** What that process tells: as it begins, before it imports a file, and how it went. */
export type Answer =
  | { readonly state: "ready" }
  | { readonly state: "importing"; readonly bundle: Pick<Bundle, "hash" | "inputs"> }
  | { readonly state: "loaded"; readonly loaded: FileOf<TaskDescription> }
  | { readonly state: "failed"; readonly reason: string };

type WithTasks<Whole, Task> = Omit<Whole, "tasks"> & { readonly tasks: ReadonlyMap<string, Task> };

/** A loaded file whose tasks are known as a `Task`: bodies and schemas stay in their process. */
export type FileOf<Task> = WithTasks<Omit<LoadedFile, "dags">, Task> & { readonly dags: readonly WithTasks<LoadedDag, Task>[] };

export type TableOf<Task> = ReadonlyMap<string, readonly (Omit<RegisteredTask, "task"> & { readonly task: Task })[]>;

export function mapFile<From, To>(file: FileOf<From>, change: (task: From) => To): FileOf<To> {
  const mapped = (tasks: ReadonlyMap<string, From>) => new Map([...tasks].map(([name, task]) => [name, change(task)]));
  return { ...file, tasks: mapped(file.tasks), dags: file.dags.map((dag) => ({ ...dag, tasks: mapped(dag.tasks) })) };
}

export function mapTable<From, To>(table: TableOf<From>, change: (task: From) => To): TableOf<To> {
  return new Map([...table].map(([name, tasks]) => [name, tasks.map((one) => ({ ...one, task: change(one.task) }))]));
}
