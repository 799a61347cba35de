import { Command } from "commander";
import { positive } from "../arguments.ts";
import { checkFiles } from "../dags/check.ts";
import { collectFolders } from "../dags/folders.ts";
import { listDags, showDag } from "../dags/list.ts";
import { newDag } from "../dags/new-dag.ts";
import { tryDag } from "../dags/try-dag.ts";

const folders = ["--dags <folders>", "folders of DAG files; otherwise SLUICE_DAGS", collectFolders] as const;
const json = ["--json", "print one JSON value"] as const;

export function dagsCommand(): Command {
  return new Command("dags")
    .description("check, list, draw and test DAGs")
    .addCommand(
      new Command("check")
        .description("say everything that is wrong with DAG files, with file and line")
        .argument("<file|folder...>", "DAG files, or folders of them")
        .option(...json)
        .action(checkFiles),
    )
    .addCommand(
      new Command("list")
        .description("list the DAGs that would be in force: of your folders, and what ships")
        .option(...folders)
        .option(...json)
        .action(listDags),
    )
    .addCommand(
      new Command("show")
        .description("draw a DAG")
        .argument("<name>", "its name")
        .option(...folders)
        .option("--mermaid", "as a Mermaid flowchart")
        .option("--json", "print its plan")
        .action(showDag),
    )
    .addCommand(
      new Command("test")
        .description("run a DAG's real task bodies on a local file, here and now")
        .argument("<name>", "the DAG")
        .argument("<file>", "a file, which stands for the object that arrives")
        .option(...folders)
        .option("--type <type>", "content type; otherwise it is guessed by name")
        .option("--metadata <json|@file>", "other_data of the object, e.g. its template")
        .option("--container <name>", "container of the object; otherwise the first that the DAG takes")
        .option("--key <key>", "key of the object; otherwise the file's name, below the first prefix that the DAG takes")
        .option("--rows <n>", "how many rows to show of what each sink gets", positive("--rows"), 5)
        .option("--write", "write to the sinks of the running lake")
        .option(...json)
        .action(tryDag),
    )
    .addCommand(
      new Command("new")
        .description("write a DAG file that works, to start from")
        .argument("<name>", "the DAG's name, e.g. roof-sensors")
        .option("--dir <folder>", "where to", "dags")
        .option(...json)
        .action(newDag),
    );
}
