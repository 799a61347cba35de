import { createHash } from "node:crypto";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { BSON } from "mongodb";
import { z } from "zod";
import { terminal } from "../sdk/contracts/errors.ts";
import { type Catalog, createIndexes } from "./catalog.ts";

/** What a restore reads; raised when older ones cannot be read any more. */
const formatVersion = 1;

/**
 * In this order a backup of a lake that goes on can be restored: a claim that is older than its document makes an
 * object be processed once more, one that is newer would keep it from being processed. The counter is the last.
 */
const databases = ["sluice", "swift", "stats"] as const;
/** Who is there now is no part of the catalog's past. */
const passing = new Set(["sluice.publishers", "sluice.workers"]);
const ofPast = (name: string) => !passing.has(name) && !/\.system\./.test(name);

/** Documents that are written at once: some hundred small ones, or as many bytes. */
const batchCount = 500;
const batchBytes = 4 * 1024 * 1024;

const header = z.object({ sluice_catalog: z.number(), created: z.iso.datetime(), mongo: z.string() });
const trailer = z.object({ collections: z.record(z.string(), z.number()), sha256: z.string() });

export type BackupSummary = {
  readonly created: string;
  /** Documents by collection: `swift.campus`. */
  readonly collections: { readonly [name: string]: number };
  readonly documents: number;
};

/** The catalog as compressed lines: a header, each document as Extended JSON, and at the end the counts and a checksum of it all. */
export function backupOf(catalog: Pick<Catalog, "database">): { readonly content: Readable; readonly summary: Promise<BackupSummary> } {
  const { promise, resolve, reject } = Promise.withResolvers<BackupSummary>();
  const content = new PassThrough();
  pipeline(Readable.from(chunked(lines(catalog, resolve))), createGzip(), content).catch(reject);
  return { content, summary: promise };
}

async function* lines(catalog: Pick<Catalog, "database">, told: (summary: BackupSummary) => void): AsyncGenerator<string> {
  const hash = createHash("sha256");
  const hashed = (line: string) => {
    hash.update(line);
    return line;
  };
  const created = new Date().toISOString();
  yield hashed(`${JSON.stringify({ sluice_catalog: formatVersion, created, mongo: await versionOf(catalog) })}\n`);
  const collections: { [name: string]: number } = {};
  for (const name of await collectionsOf(catalog)) {
    collections[name] = 0;
    for await (const document of collectionAt(catalog, name).find().batchSize(1_000)) {
      collections[name] += 1;
      yield hashed(`${JSON.stringify(name)}\t${BSON.EJSON.stringify(document, { relaxed: false })}\n`);
    }
  }
  yield `${JSON.stringify({ collections, sha256: hash.digest("hex") })}\n`;
  told({ created, collections, documents: sum(collections) });
}

/** Reads a backup to its end and believes it only if it is whole. @throws `NO_BACKUP`, `BROKEN_BACKUP` (terminal) */
export async function verifyBackup(content: Readable, where: string): Promise<BackupSummary> {
  const counts: { [name: string]: number } = {};
  let created = "";
  let end: z.output<typeof trailer> | undefined;
  const hash = createHash("sha256");
  let number = 0;
  for await (const line of linesOf(content, where)) {
    number += 1;
    if (end) throw broken(where, "goes on after its end");
    if (created === "") created = readHeader(line, where).created;
    else if (line.startsWith("{")) {
      end = readLine(where, number, () => trailer.parse(JSON.parse(line)));
      continue;
    } else {
      const name = readLine(where, number, () => nameOf(line));
      counts[name] = (counts[name] ?? 0) + 1;
    }
    hash.update(`${line}\n`);
  }
  if (!end) throw broken(where, created === "" ? "is empty" : "breaks off before its end");
  if (hash.digest("hex") !== end.sha256) throw broken(where, "was changed since it was written: its checksum does not fit");
  for (const [name, count] of Object.entries(end.collections)) {
    if ((counts[name] ?? 0) !== count) throw broken(where, `holds ${counts[name] ?? 0} documents of ${name} and should hold ${count}`);
  }
  return { created, collections: end.collections, documents: sum(end.collections) };
}

/**
 * Puts a verified backup back. A catalog that holds something is refused, unless it is to be replaced; the counter ends
 * above every number that was ever given, also since the backup. @throws `CATALOG_NOT_EMPTY` (terminal)
 */
export async function restoreBackup(
  catalog: Catalog,
  content: Readable,
  { where, replace }: { readonly where: string; readonly replace: boolean },
  progress: (documents: number) => void = () => {},
): Promise<void> {
  const known = await collectionsOf(catalog);
  if (!replace) {
    for (const name of known.filter((one) => one.startsWith("swift.") || ["sluice.claims", "sluice.traces"].includes(one))) {
      if (await collectionAt(catalog, name).findOne({}, { projection: { _id: 1 } })) throw notEmpty(name);
    }
  }
  for (const name of replace ? known.filter((one) => !one.startsWith("stats.")) : []) await collectionAt(catalog, name).deleteMany({});
  await createIndexes(catalog);
  let current = "";
  for await (const { name, documents } of batches(content, where)) {
    if (name !== current && name.startsWith("swift.")) await catalog.indexAnew(name.slice("swift.".length));
    current = name;
    const operations = documents.map((document) => {
      // Of the predecessor's: its counter has a unique name, and a new `_id` wherever it was made.
      const { _id, ...rest } = document;
      return name === "stats.swift" && typeof rest["type"] === "string"
        ? { updateOne: { filter: { type: rest["type"] }, update: { $set: rest }, upsert: true } }
        : { replaceOne: { filter: { _id }, replacement: document, upsert: true } };
    });
    await collectionAt(catalog, name).bulkWrite(operations, { ordered: false });
    progress(documents.length);
  }
  await catalog.raiseCounter();
}

type Line = { readonly name: string; readonly documents: readonly BSON.Document[] };

async function* batches(content: Readable, where: string): AsyncGenerator<Line> {
  let [name, documents, bytes] = ["", [] as BSON.Document[], 0];
  let number = 0;
  for await (const line of linesOf(content, where)) {
    number += 1;
    if (number === 1 || line.startsWith("{")) continue;
    const [next, document] = readLine(where, number, () => [nameOf(line), documentOf(line)]);
    if (documents.length > 0 && (next !== name || documents.length >= batchCount || bytes >= batchBytes)) {
      yield { name, documents };
      [documents, bytes] = [[], 0];
    }
    name = next;
    bytes += line.length;
    documents.push(document);
  }
  if (documents.length > 0) yield { name, documents };
}

async function* linesOf(content: Readable, where: string): AsyncGenerator<string> {
  const unpacked = createGunzip();
  const reading = pipeline(content, unpacked);
  reading.catch(() => {});
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of unpacked) {
      const parts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
      rest = parts.pop() ?? "";
      yield* parts;
    }
    await reading;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "";
    if (code === "Z_DATA_ERROR") throw notOne(where, cause);
    throw code.startsWith("Z_") || code === "ERR_STREAM_PREMATURE_CLOSE" ? broken(where, "breaks off before its end", cause) : cause;
  }
  if (rest !== "") yield rest;
}

/** Many lines at once: a stream's every piece has its price. */
async function* chunked(all: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let [pieces, length] = [[] as string[], 0];
  for await (const line of all) {
    pieces.push(line);
    length += line.length;
    if (length < 64 * 1024) continue;
    yield Buffer.from(pieces.join(""));
    [pieces, length] = [[], 0];
  }
  if (length > 0) yield Buffer.from(pieces.join(""));
}

async function collectionsOf(catalog: Pick<Catalog, "database">): Promise<readonly string[]> {
  const all: string[] = [];
  for (const database of databases) {
    const found = await catalog.database(database).listCollections({}, { nameOnly: true }).toArray();
    all.push(
      ...found
        .map(({ name }) => `${database}.${name}`)
        .sort()
        .filter(ofPast),
    );
  }
  return all;
}

function collectionAt(catalog: Pick<Catalog, "database">, name: string) {
  const dot = name.indexOf(".");
  return catalog.database(name.slice(0, dot)).collection(name.slice(dot + 1));
}

async function versionOf(catalog: Pick<Catalog, "database">): Promise<string> {
  const { version } = await catalog.database("admin").command({ buildInfo: 1 });
  return String(version);
}

function readHeader(line: string, where: string): z.output<typeof header> {
  try {
    const read = header.parse(JSON.parse(line));
    if (read.sluice_catalog === formatVersion) return read;
    throw terminal(
      "NEWER_BACKUP",
      `${where} is a backup of format ${read.sluice_catalog}, and this Sluice reads ${formatVersion}: restore it with the Sluice that wrote it.`,
    );
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) throw notOne(where, error);
    throw error;
  }
}

function nameOf(line: string): string {
  return z.string().parse(JSON.parse(line.slice(0, Math.max(0, line.indexOf("\t")))));
}

function documentOf(line: string): BSON.Document {
  return BSON.EJSON.parse(line.slice(line.indexOf("\t") + 1), { relaxed: false }) as BSON.Document;
}

function readLine<Read>(where: string, line: number, read: () => Read): Read {
  try {
    return read();
  } catch (cause) {
    throw terminal(
      "BROKEN_BACKUP",
      `Line ${line} of the backup ${where} cannot be read: expected a collection's name, a tab and a document as Extended JSON, or the counts at the end. Restore another backup, with --replace if a part of this one is in the catalog already.`,
      { place: { line }, cause },
    );
  }
}

function sum(counts: { readonly [name: string]: number }): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function notOne(where: string, cause: unknown) {
  return terminal("NO_BACKUP", `${where} is no backup of a catalog: expected what \`sluice catalog backup\` wrote. Name another file.`, {
    cause,
  });
}

function broken(where: string, what: string, cause?: unknown) {
  return terminal("BROKEN_BACKUP", `The backup ${where} ${what}. Nothing was restored: take another one.`, { cause });
}

function notEmpty(name: string) {
  return terminal(
    "CATALOG_NOT_EMPTY",
    `The catalog is not empty: ${name} holds documents. Say --replace if the backup is to take its place (\`sluice catalog backup FILE\` keeps what is there now).`,
  );
}
