import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import { type BackupSummary, backupOf, restoreBackup, verifyBackup } from "../../infra/catalog-backup.ts";
import { openCatalog } from "../../infra/catalog.ts";
import { archiveMarks } from "../../infra/histories.ts";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import { createStores } from "../../infra/stores/index.ts";
import { recordAudit } from "../../infra/audit.ts";
import { terminal } from "../../sdk/contracts/errors.ts";
import { connectGateway, lakeEnvironment, userName } from "../gateway.ts";
import { bytes, count, moment, number } from "../output/format.ts";
import { createOutput } from "../output/output.ts";

type Json = { readonly json?: boolean };

const backups = "sluice-backups";

export function catalogCommand(): Command {
  const catalog = new Command("catalog").description("back the catalog up, restore it, make a lost one anew");
  catalog
    .command("backup")
    .description("write all of the catalog into one compressed file")
    .argument("[file]", "the file, e.g. catalog.jsonl.gz")
    .option("--to-lake", `put it into the lake's own container ${backups} instead`)
    .option("--json", "print one JSON value")
    .action(backup);
  catalog
    .command("restore")
    .description("put a backup back; the gateway and the workers should not run meanwhile")
    .argument("[file]", "the file")
    .option("--from-lake [key]", `take it from the container ${backups}: the latest, or the one named`)
    .option("--replace", "the catalog may hold something: the backup takes its place")
    .option("--json", "print one JSON value")
    .action(restore);
  catalog
    .command("rebuild")
    .description("make a catalog that was lost anew, from the histories of all runs and what the stores hold")
    .option("--dry-run", "only look what there is")
    .option("--json", "print one JSON value")
    .action(rebuild);
  return catalog;
}

async function backup(file: string | undefined, options: Json & { readonly toLake?: boolean }): Promise<void> {
  const output = createOutput(options);
  if ((file === undefined) === !options.toLake) throw terminal("WRONG_ARGUMENT", "Where to? Name a file, or say --to-lake.");
  const env = await lakeEnvironment();
  await using catalog = await openCatalog(env);
  const { content, summary } = backupOf(catalog);
  summary.catch(() => {});
  const size = file === undefined ? await toLake(content, createStores(env).get("s3")) : await toFile(content, file);
  const { documents, collections, created } = await summary;
  output.print(
    `${count(documents, "document")} of ${count(Object.keys(collections).length, "collection")} in ${size.where}, ${bytes(size.bytes)}.`,
  );
  output.result({ ok: true, where: size.where, bytes: size.bytes, created, documents, collections });
}

/** A file of that name is whole: it gets its name once all of it is written. */
async function toFile(content: Readable, file: string) {
  const part = `${file}.${process.pid}.part`;
  try {
    await pipeline(content, createWriteStream(part));
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  return { where: file, bytes: (await stat(file)).size };
}

async function toLake(content: Readable, store: ObjectStore) {
  const key = `catalog/${new Date().toISOString().replaceAll(":", "-")}.jsonl.gz`;
  await store.createContainer(backups);
  const { size } = await store.put(backups, key, content, { contentType: "application/gzip" });
  return { where: `${backups}/${key}`, bytes: size };
}

async function restore(
  file: string | undefined,
  options: Json & { readonly fromLake?: string | true; readonly replace?: boolean },
): Promise<void> {
  const output = createOutput(options);
  if ((file === undefined) === (options.fromLake === undefined))
    throw terminal("WRONG_ARGUMENT", "Restore what? Name a file, or say --from-lake.");
  const env = await lakeEnvironment();
  const { where, open } =
    file === undefined ? await inLake(createStores(env).get("s3"), options.fromLake) : { where: file, open: () => readFile(file) };
  const summary: BackupSummary = await verifyBackup(await open(), where);
  output.note(`${where} is whole: ${count(summary.documents, "document")}, written ${moment(summary.created)}.`);
  await using catalog = await openCatalog(env);
  await restoreBackup(catalog, await open(), { where, replace: options.replace ?? false });
  // Reconciliation waits for a rebuild: what was forgotten since the backup would come back.
  await catalog.watermarks.deleteMany(archiveMarks);
  await recordAudit(catalog, new Date().toISOString(), {
    action: "restore",
    by: userName(),
    counts: { documents: summary.documents },
    notes: [where],
  });
  output.print(`${count(summary.documents, "document")} restored from ${where}, as of ${moment(summary.created)}.`);
  output.note(
    "Run `sluice catalog rebuild` once the lake goes on: what was processed or forgotten since then stands in the histories. Reconciliation waits for it, and then finds what landed.",
  );
  output.result({ ok: true, where, ...summary });
}

async function readFile(file: string): Promise<Readable> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw terminal("NO_BACKUP", `There is no file ${file}. \`sluice catalog backup FILE\` writes one.`);
  return createReadStream(file);
}

async function inLake(store: ObjectStore, named: string | true | undefined) {
  let key = typeof named === "string" ? named : undefined;
  // In order of their names, which are times.
  if (key === undefined) for await (const found of store.list(backups, { prefix: "catalog/" })) key = found.key;
  if (key === undefined)
    throw terminal("NO_BACKUP", `The container ${backups} holds no backup. \`sluice catalog backup --to-lake\` puts one there.`);
  const chosen = key;
  return { where: `${backups}/${chosen}`, open: async () => Readable.from((await store.get(backups, chosen)).body) };
}

async function rebuild(options: Json & { readonly dryRun?: boolean }): Promise<void> {
  const output = createOutput(options);
  const client = await connectGateway();
  let run = await client.rebuild({ dryRun: options.dryRun ?? false });
  output.note(`Reading histories and stores; it goes on by itself: ${run.link}`);
  for (let wait = 100; run.state === "running"; wait = Math.min(2_000, wait * 1.5)) {
    await pause(wait);
    run = await client.rebuilding(run.id);
  }
  const { result } = run;
  if (result) {
    output.print(
      `${count(result.objects, "object")} ${options.dryRun ? "to be made" : "made"} from ${count(result.histories, "history", "histories")}, ${count(result.traces, "run")} put on record.`,
    );
    const unknown = `${number(result.unknown)} of ${count(result.listed, "object")} in the stores are`;
    output.print(
      options.dryRun
        ? `${unknown} not in the catalog now, those that would be made from histories among them.`
        : `${unknown} known by nothing but the store: what their uploaders said of them is lost, unless it went along as user metadata.`,
    );
    if (result.forgotten > 0)
      output.print(`${count(result.forgotten, "object")} had been forgotten and ${options.dryRun ? "would stay" : "stay"} so.`);
    if (result.unreadable > 0)
      output.print(
        output.paint.yellow(`${count(result.unreadable, "history", "histories")} could not be read; the worker's log names them.`),
      );
    output.note(
      "Lost for good: failed attempts that were retried, results kept for --from, which objects were dropped, and who dropped, reconciled or restored. Restart the workers: they publish the DAGs in force.",
    );
  } else output.print(output.paint.red(run.problem ?? "It was ended from outside."));
  output.result(run);
  if (run.state !== "completed") process.exitCode = 1;
}
