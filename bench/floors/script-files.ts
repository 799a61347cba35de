import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { parse } from "csv-parse";
import { lineOf, type Reading, type ScriptClients } from "./script.ts";

const linesARequest = 5_000;

/** Large files by a script: how many rows it has written from `container/key` into the measurement. */
export type FileScript = (clients: ScriptClients, into: string, container: string, key: string) => Promise<number>;

const csv: FileScript = async ({ stores, influx }, into, container, key) => {
  const { body } = await stores.get("s3").get(container, key);
  const records = Readable.from(body, { objectMode: false }).pipe(parse({ from_line: 2 }));
  const writer = createWriter(influx);
  for await (const [time, topic, value] of records as AsyncIterable<readonly string[]>) {
    const full = writer.add(`${into},topic=${topic} value=${Number(value)},object=0i ${Date.parse(time ?? "")}000000\n`);
    if (full) await writer.flush();
  }
  return await writer.end();
};

const jsonLines: FileScript = async ({ stores, influx }, into, container, key) => {
  const { body } = await stores.get("s3").get(container, key);
  const writer = createWriter(influx);
  for await (const line of createInterface({ input: Readable.from(body, { objectMode: false }), crlfDelay: Infinity })) {
    if (writer.add(lineOf(into, JSON.parse(line) as Reading, 0))) await writer.flush();
  }
  return await writer.end();
};

export const fileScripts: { readonly [form in "csv" | "json-lines"]: FileScript } = { csv, "json-lines": jsonLines };

/** Collects lines, and has one request underway while the next ones are read. */
function createWriter(influx: ScriptClients["influx"]) {
  let lines = "";
  let count = 0;
  let writing = Promise.resolve();

  async function flush(): Promise<void> {
    await writing;
    if (lines !== "") writing = influx.write(lines);
    lines = "";
  }

  return {
    /** Whether it is time to flush: a promise for every row would cost more than the row. */
    add(line: string): boolean {
      lines += line;
      count += 1;
      return count % linesARequest === 0;
    },
    flush,
    async end(): Promise<number> {
      await flush();
      await writing;
      return count;
    },
  };
}
