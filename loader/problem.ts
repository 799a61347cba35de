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

/** `dags/campus.ts:14:3 COMPARED_SYMBOL …`, as compilers write it, so that editors and terminals link it. */
export function formatProblem({ file, line, column, code, message }: Problem, shown = fromHere): string {
  const place = [file === undefined ? undefined : shown(file), line, column].filter((part) => part !== undefined).join(":");
  return `${place ? `${place} ` : ""}${code} ${message}`;
}

const fromHere = (file: string) => relative("", file) || file;
