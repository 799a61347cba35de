import { inParallel } from "../concurrency.ts";
import type { BenchLake } from "../lake.ts";

export type ScriptClients = Pick<BenchLake, "stores" | "influx" | "catalog">;

export type Reading = {
  readonly topic: string;
  readonly subID: string;
  readonly unitID: string;
  readonly value: number;
  readonly time: string;
};

type Fetched = {
  readonly readings: readonly Reading[];
  readonly object: { readonly content_type: string; readonly size: number; readonly checksum: string };
};

export type Script = ReturnType<typeof createScript>;

/**
 * The same reads and writes for one JSON object, with no engine, in three steps. `into` names the measurement and the
 * collection: never what the engine wrote, so that both do the same work.
 */
export function createScript({ stores, influx, catalog }: ScriptClients) {
  const script = {
    async fetchReadings(container: string, key: string): Promise<Fetched> {
      const { object, body } = await stores.get("s3").get(container, key);
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      const readings = JSON.parse(Buffer.concat(chunks).toString()) as readonly Reading[];
      return { readings, object: { content_type: object.contentType ?? "", size: object.size, checksum: object.etag } };
    },

    /** Answers how many. */
    async writePoints(into: string, readings: readonly Reading[], number: number): Promise<number> {
      await influx.write(readings.map((reading) => lineOf(into, reading, number)).join(""));
      return readings.length;
    },

    async writeDocument(into: string, container: string, key: string, about: Fetched["object"] & { readonly points: number }) {
      const document = { _id: `${container}/${key}`, ...about, state: "processed", closed: new Date() };
      await catalog.database("bench").collection<{ _id: string }>(into).replaceOne({ _id: document._id }, document, { upsert: true });
    },

    async processObject(into: string, container: string, key: string, number: number): Promise<void> {
      const { readings, object } = await script.fetchReadings(container, key);
      const points = await script.writePoints(into, readings, number);
      await script.writeDocument(into, container, key, { ...object, points });
    },

    /** 16 at once. */
    async processObjects(into: string, container: string, keys: readonly string[]): Promise<void> {
      await inParallel(keys.entries(), 16, ([number, key]) => script.processObject(into, container, key, number));
    },
  };
  return script;
}

/** A line of InfluxDB's protocol, by hand. */
export function lineOf(measurement: string, { topic, subID, unitID, value, time }: Reading, number: number): string {
  return `${measurement},topic=${topic},subID=${subID},unitID=${unitID} value=${value},object=${number}i ${Date.parse(time)}000000\n`;
}
