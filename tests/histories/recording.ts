import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { WorkflowHandle } from "@temporalio/client";
import protocol from "@temporalio/proto";

type History = Awaited<ReturnType<WorkflowHandle["fetchHistory"]>>;

/** The history of a run, with the id of its workflow, which a history does not tell. */
export type Recording = { readonly workflowId: string; readonly history: History };

const { History } = protocol.temporal.api.history.v1;

const folder = fileURLToPath(new URL(".", import.meta.url));
const suffix = ".json.gz";

/** Where a run took place says nothing to a replay, and differs on every machine. */
const placeOfRun = new Set(["identity", "stackTrace", "binaryChecksum"]);
/** The name of a worker's own queue begins with its process and machine. */
const queueOfWorker = /^\d+@.+-([0-9a-f]{32})$/;

export async function keepRecording(name: string, workflowId: string, history: History): Promise<void> {
  const plain = History.toObject(History.fromObject(history), { longs: String, enums: String, bytes: String });
  const text = JSON.stringify({ workflowId, history: plain }, withoutPlace);
  await writeFile(`${folder}${name}${suffix}`, await promisify(gzip)(text, { level: 9 }));
}

function withoutPlace(field: string, value: unknown): unknown {
  if (placeOfRun.has(field)) return undefined;
  return typeof value === "string" ? value.replace(queueOfWorker, "$1") : value;
}

/** All recordings, by name. */
export async function readRecordings(): Promise<ReadonlyMap<string, Recording>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(suffix)).sort();
  return new Map(await Promise.all(names.map(async (name) => [name.slice(0, -suffix.length), await readRecording(name)] as const)));
}

async function readRecording(name: string): Promise<Recording> {
  const text = String(await promisify(gunzip)(await readFile(folder + name)));
  const { workflowId, history } = JSON.parse(text) as { readonly workflowId: string; readonly history: object };
  return { workflowId, history: History.fromObject(history) };
}
