import { placesOf, type SourcePlace } from "../language/stack.ts";

/**
 * Where in its author's files a task threw, as `weather.ts:12:5`: the innermost place in the folder of the file that
 * defines the task, named as seen from there. Undefined where the stack does not lead through it.
 */
export function thrownAt(thrown: unknown, task: SourcePlace | undefined): string | undefined {
  if (!(thrown instanceof Error) || task?.file === undefined) return undefined;
  const folder = task.file.slice(0, task.file.lastIndexOf("/") + 1);
  const place = placesOf(thrown.stack).find(({ file }) => file.startsWith(folder) && !file.includes("/node_modules/"));
  return place && `${place.file.slice(folder.length)}:${place.line}:${place.column}`;
}
