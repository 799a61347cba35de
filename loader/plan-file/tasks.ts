import { z } from "zod";
import * as handles from "../../sdk/integrators.ts";
import { object, rows } from "../../sdk/language/ports.ts";
import type { TaskDefinition } from "../../sdk/language/task.ts";
import type { Port } from "../../sdk/plan/plan.ts";

/** A task that some DAG file brings along. */
export type RegisteredTask = { readonly task: TaskDefinition; readonly codeHash: string; readonly file: string };

/** All tasks by name; several files may have one of the same name. */
export type TaskTable = ReadonlyMap<string, readonly RegisteredTask[]>;

/** A task as another process tells of it. */
export type TaskDescription = Pick<TaskDefinition, "name" | "spec" | "place">;

export function describeTask({ name, spec, place }: TaskDefinition): TaskDescription {
  return { name, spec, place };
}

/** The definition of a task of which only the spec is known: enough to wire it. */
export function withoutBody({ name, spec, place }: TaskDescription): TaskDefinition {
  return { name, spec, place, in: spec.in.kind === "object" ? object : portOf(spec.in), out: portOf(spec.out) };
}

function portOf({ kind }: Port) {
  return kind === "nothing" ? undefined : kind === "rows" ? rows(z.unknown()) : z.unknown();
}

/** An integrator's handle, called as in a flow. */
export type Handle = (input: unknown, options?: unknown) => unknown;

/** By both names: `influxPoints` as in TypeScript, `influx-points` as in plans. */
export const integratorHandles: ReadonlyMap<string, Handle> = new Map(
  Object.entries(handles)
    .filter((entry): entry is [string, (typeof entry)[1] & Handle] => typeof entry[1] === "function")
    .flatMap(([name, handle]): [string, Handle][] => [
      [name, handle as Handle],
      [name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), handle as Handle],
    ]),
);

export type Lookup =
  | { readonly kind: "code"; readonly registered: RegisteredTask }
  | { readonly kind: "integrator"; readonly handle: Handle }
  | { readonly kind: "problem"; readonly code: string; readonly message: string };

/** `parse-csv`, or `campus.ts#parse-csv` where several files have a task of that name. */
export function lookUpTask(table: TaskTable, reference: string): Lookup {
  const [, file, name = reference] = /^(.+)#([^#]+)$/.exec(reference) ?? [];
  const found = (table.get(name) ?? []).filter((registered) => file === undefined || registered.file.endsWith(`/${file}`));
  const [registered, another] = found;
  if (another !== undefined) {
    const files = found.map((one) => one.file.split("/").at(-1)).join(", ");
    return {
      kind: "problem",
      code: "AMBIGUOUS_TASK",
      message: `Several files have a task "${name}": ${files}. Say which one: "file.ts#${name}".`,
    };
  }
  if (registered !== undefined) return { kind: "code", registered };
  const handle = file === undefined ? integratorHandles.get(name) : undefined;
  if (handle !== undefined) return { kind: "integrator", handle };
  const known = [...table.keys(), ...[...integratorHandles.keys()].filter((key) => key.includes("-"))];
  return {
    kind: "problem",
    code: "UNKNOWN_TASK",
    message: `There is no task "${reference}". Known are: ${known.sort().join(", ")}. Correct the name, or add a DAG file that exports the task.`,
  };
}
