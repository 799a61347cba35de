import { relative } from "node:path";
import type { Problem } from "../sdk/language/flow.ts";

export type { Problem, SourcePlace } from "../sdk/language/flow.ts";

/** Two reports of one mistake: the linter's says more, so what tracing found on its line goes. */
const tracedToo = /_SYMBOL$|^FLOW_THREW$|^ASYNC_FLOW$/;

export function mergeProblems(linted: readonly Problem[], traced: readonly Problem[]): Problem[] {
  const lines = new Set(linted.map(({ file, line }) => `${file}:${line}`));
  const rest = traced.filter(({ code, file, line }) => !(tracedToo.test(code) && lines.has(`${file}:${line}`)));
  const all = new Map(
    [...linted, ...rest].map((problem) => [`${problem.file}:${problem.line}:${problem.code}:${problem.message}`, problem]),
  );
  return [...all.values()].sort(byPlace);
}

function byPlace(one: Problem, other: Problem): number {
  return (one.file ?? "").localeCompare(other.file ?? "") || (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0);
}

/** The process that loaded a file did not come to its end. */
export function loadingEnded(file: string, how: string): Problem {
  return {
    code: "FILE_NOT_LOADED",
    message:
      `The process that loaded the file did not come to the end of it: ${how}. Only declare tasks and DAGs at its top: what waits, loops or ` +
      "ends the process belongs into the `run` of a task. The file is loaded again once it changes.",
    file,
    line: 1,
    column: 1,
  };
}

/** Whether loading the file again could help though neither it nor what it imports has changed: what it lacks may be there now. */
export function mayMend({ code }: Problem): boolean {
  return code !== "FILE_NOT_LOADED";
}

/** `dags/campus.ts:14:3 COMPARED_SYMBOL …`, as compilers write it, so that editors and terminals link it. */
export function formatProblem({ file, line, column, code, message }: Problem, shown = fromHere): string {
  const place = [file === undefined ? undefined : shown(file), line, column].filter((part) => part !== undefined).join(":");
  return `${place ? `${place} ` : ""}${code} ${message}`;
}

const fromHere = (file: string) => relative("", file) || file;
