import type { BrokenFile, DagList, DagSummary } from "../../gateway/client.ts";
import { fold, printable } from "../output/format.ts";
import type { Output } from "../output/output.ts";
import { mark } from "../output/state.ts";

type Page = Pick<Output, "width" | "paint">;

/** What has become of the DAGs between two looks, for people: a line each, and what is wrong with a broken file. */
export function dagNews(before: DagList, now: DagList, page: Page): readonly string[] {
  const { paint } = page;
  const [good, out] = [mark("success", paint), mark("skipped", paint)];
  const known = new Map(before.dags.map((dag) => [dag.name, dag]));
  const files = new Map(before.broken_files.map((file) => [file.file, file]));
  const name = (dag: DagSummary) => paint.bold(printable(dag.name));
  return [
    ...now.broken_files.filter((file) => !isSame(files.get(file.file), file)).flatMap((file) => brokenLines(file, page)),
    ...missing(before.broken_files, now.broken_files, "file").map(({ file }) => `${good} ${printable(file)} is broken no more.`),
    ...now.dags.flatMap((dag) => {
      const old = known.get(dag.name);
      if (!old) return [`${good} ${name(dag)} is in force, from ${printable(dag.file)}.`];
      return old.published === dag.published ? [] : [`${good} ${name(dag)} has changed: its new version is in force.`];
    }),
    ...missing(before.dags, now.dags, "name").map(
      (dag) => `${out} ${name(dag)} is in force no more: ${printable(dag.file)} is gone, or does not define it any longer.`,
    ),
  ];
}

/** What is wrong with a file as it is now, as compilers write it. */
export function brokenLines({ file, problems, in_force: dags }: BrokenFile, { width, paint }: Page): readonly string[] {
  const stays = dags.length > 0 ? `the last good version of ${dags.join(", ")} stays in force` : "nothing of it is in force";
  return [
    `${mark("failed", paint)} ${paint.bold(printable(file))} is broken; ${printable(stays)}:`,
    ...problems.flatMap((problem) => fold(printable(problem), width - 4).map((line) => `    ${line}`)),
  ];
}

function missing<Item>(before: readonly Item[], now: readonly Item[], by: keyof Item): readonly Item[] {
  return before.filter((one) => !now.some((other) => other[by] === one[by]));
}

function isSame(one: BrokenFile | undefined, other: BrokenFile): boolean {
  return one?.since === other.since && one.in_force.join() === other.in_force.join();
}
