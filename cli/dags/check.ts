import { stat } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { planFileSuffix } from "../../loader/dag-loader.ts";
import { loadDagFile } from "../../loader/load.ts";
import type { LoadedFile } from "../../loader/loaded.ts";
import { exportsNothing, isEmpty } from "../../loader/no-dag.ts";
import { loadPlanFile } from "../../loader/plan-file.ts";
import { formatProblem } from "../../loader/problem.ts";
import { createRegistry } from "../../loader/registry.ts";
import { terminal } from "../../sdk/contracts/errors.ts";
import { count } from "../output/format.ts";
import { createOutput } from "../output/output.ts";

type Checked = Pick<LoadedFile, "file" | "dags" | "problems"> & {
  /** The file itself; undefined for a folder. */
  readonly loaded?: LoadedFile;
};

/** Says what is wrong with files, as compilers do; sets the exit code 1 where anything is. */
export async function checkFiles(paths: readonly string[], options: { readonly json?: boolean }): Promise<void> {
  const output = createOutput(options);
  const read: Checked[] = [];
  for (const path of paths) read.push(await checkPath(path));
  const checked = await Promise.all(read.map((one) => withContent(one, read)));
  const problems = checked.flatMap((one) => one.problems);
  for (const { file, dags, problems: wrong } of checked) {
    for (const problem of wrong) output.print(formatProblem(problem));
    if (wrong.length === 0)
      output.print(
        `${relative("", file) || file}: ok${dags.map(({ plan, hash }) => `\n  ${plan.dag}  ${output.paint.dim(`plan ${hash.slice(0, 12)}, ${count(plan.nodes.length, "node")}`)}`).join("")}`,
      );
  }
  output.result({
    ok: problems.length === 0,
    files: checked.map(({ file, dags, problems: wrong }) => ({
      file,
      dags: dags.map(({ plan, hash, code }) => ({ dag: plan.dag, plan: hash, code })),
      problems: wrong,
    })),
  });
  if (problems.length > 0) {
    output.note(`${count(problems.length, "problem")}. A file with problems is not put in force; its last good version stays.`);
    process.exitCode = 1;
  }
}

async function checkPath(path: string): Promise<Checked> {
  const file = resolve(path);
  const found = await stat(file).catch(() => undefined);
  if (!found)
    throw terminal(
      "NO_SUCH_FILE",
      `There is no file or folder ${path}. Name DAG files (.ts, .js or ${planFileSuffix}), or a folder of them.`,
    );
  if (found.isDirectory()) return checkFolder(file);
  const loaded = await (file.endsWith(planFileSuffix) ? checkPlanFile(file) : loadDagFile(file));
  return { ...loaded, loaded };
}

async function checkFolder(folder: string): Promise<Checked> {
  await using registry = await createRegistry({ folders: [folder], watch: false });
  return { file: folder, dags: registry.inForce(), problems: registry.problems() };
}

/** Its tasks are those of the DAG files beside it. */
async function checkPlanFile(file: string): Promise<LoadedFile> {
  await using registry = await createRegistry({ folders: [dirname(file)], watch: false });
  return loadPlanFile(file, registry.tasks());
}

/** Named by itself, a file is expected to define something, unless another one of those named, or beside it, imports it. */
async function withContent(one: Checked, all: readonly Checked[]): Promise<Checked> {
  const isImportedBy = ({ file, loaded }: Checked) => file !== one.file && loaded?.inputs.includes(one.file);
  if (!one.loaded || !isEmpty(one.loaded) || all.some(isImportedBy)) return one;
  await using registry = await createRegistry({ folders: [dirname(one.file)], watch: false });
  return registry.isImported(one.file) ? one : { ...one, problems: [exportsNothing(one.file)] };
}
