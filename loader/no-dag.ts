import type { LoadedFile } from "./loaded.ts";
import type { Problem } from "./problem.ts";

export function dagsLost(file: string, names: readonly string[]): Problem {
  return noDag(
    file,
    `The file defines no DAG any more; before, it defined ${names.join(", ")}. The last good version stays in force. ` +
      "Export it again: `export default dag({ … })`; or delete the file, which takes it out of force.",
  );
}

/** A file that works with Sluice and that no other one imports is there for a DAG; one that takes only its types is not. */
export function nothingDefined(file: LoadedFile): readonly Problem[] {
  return isEmpty(file) && file.usesSluice ? [exportsNothing(file.file)] : [];
}

/** Neither DAGs nor tasks, and nothing else that is wrong. */
export function isEmpty({ problems, dags, tasks }: LoadedFile): boolean {
  return problems.length === 0 && dags.length === 0 && tasks.size === 0;
}

export function exportsNothing(file: string): Problem {
  return noDag(
    file,
    "The file exports no DAG and no task, and no other file of its folder imports it. Export one: `export default dag({ … })`.",
  );
}

function noDag(file: string, message: string): Problem {
  return { code: "NO_DAG", message, file, line: 1, column: 1 };
}
