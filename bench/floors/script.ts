import { parse } from "csv-parse";
import { Readable } from "node:stream";
import { inParallel } from "../concurrency.ts";
import type { BenchLake } from "../lake.ts";

/** Where the scripts write: never what the engine wrote, so that both do the same work. */
export const scriptMeasurement = "script";

type Reading = { readonly topic: string; readonly subID: string; readonly unitID: string; readonly value: number; readonly time: string };

type Clients = Pick<BenchLake, "stores" | "influx" | "catalog">;

/** The same reads and writes for one JSON object, with no engine: fetch it, write its points, write a document. */
export async function processObject({ stores, influx, catalog }: Clients, container: string, key: string, number: number): Promise<void> {
  const { object, body } = await stores.get("s3").get(container, key);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const readings = JSON.parse(Buffer.concat(chunks).toString()) as readonly Reading[];
  const lines = readings.map(
    ({ topic, subID, unitID, value, time }) =>
      `${scriptMeasurement},topic=${topic},subID=${subID},unitID=${unitID} value=${value},object=${number}i ${Date.parse(time)}000000\n`,
  );
  await influx.write(lines.join(""));
  const document = {
    _id: `${container}/${key}`,
    content_type: object.contentType,
    size: object.size,
    checksum: object.etag,
    points: lines.length,
    state: "processed",
    closed: new Date(),
  };
  await catalog.database("bench").collection<{ _id: string }>("objects").replaceOne({ _id: document._id }, document, { upsert: true });
}

/** Milliseconds for all of them, 16 at once. */
export async function processObjects(clients: Clients, container: string, keys: readonly string[]): Promise<void> {
  await inParallel(keys.entries(), 16, ([number, key]) => processObject(clients, container, key, number));
}

const linesARequest = 5_000;

/** The same file from the same store by the same parser into the same database, line protocol by hand; returns the rows. */
export async function processCsv({ stores, influx }: Clients, container: string, key: string): Promise<number> {
  const { body } = await stores.get("s3").get(container, key);
  const records = Readable.from(body, { objectMode: false }).pipe(parse({ from_line: 2 }));
  let lines = "";
  let count = 0;
  let writing = Promise.resolve();
  for await (const [time, topic, value] of records as AsyncIterable<readonly string[]>) {
    lines += `${scriptMeasurement},topic=${topic} value=${Number(value)},object=0i ${Date.parse(time ?? "")}000000\n`;
    count += 1;
    if (count % linesARequest !== 0) continue;
    await writing;
    writing = influx.write(lines);
    lines = "";
  }
  await writing;
  if (lines !== "") await influx.write(lines);
  return count;
}
