import { stat } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { type LoadedDag, type LoadedFile, loadDagFile } from "../../loader/load.ts";
import { loadPlanFile, planFileSuffix } from "../../loader/plan-file.ts";
import { formatProblem, type Problem } from "../../loader/problem.ts";
import { createRegistry } from "../../loader/registry.ts";
import { terminal } from "../../sdk/contracts/errors.ts";
import { count } from "../output/format.ts";
import { createOutput } from "../output/output.ts";

type Checked = { readonly file: string; readonly dags: readonly LoadedDag[]; readonly problems: readonly Problem[] };

/** Says what is wrong with files, as compilers do; sets the exit code 1 where anything is. */
export async function checkFiles(paths: readonly string[], options: { readonly json?: boolean }): Promise<void> {
  const output = createOutput(options);
  const checked: Checked[] = [];
  for (const path of paths) checked.push(await checkPath(path));
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
  return withContent(file.endsWith(planFileSuffix) ? await checkPlanFile(file) : await loadDagFile(file));
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

function withContent(loaded: LoadedFile): Checked {
  if (loaded.problems.length > 0 || loaded.dags.length > 0 || loaded.tasks.size > 0) return loaded;
  const nothing = {
    code: "NO_DAG",
    message: "The file exports no DAG and no task. Export one: `export default dag({ … })`.",
    file: loaded.file,
    line: 1,
    column: 1,
  };
  return { ...loaded, problems: [nothing] };
}
