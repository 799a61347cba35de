import { createHash, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { createInterface } from "node:readline";
import { LRUCache } from "lru-cache";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import { terminal } from "../../sdk/contracts/errors.ts";
import type { Json } from "../../sdk/contracts/json.ts";
import { fromJson, toJson } from "../../sdk/execution/serial.ts";
import type { WorkReference } from "../../sdk/interpreter/settled.ts";

export const workContainer = "sluice-work";

/** Large values between tasks: they lie in the lake by content hash, and only their reference passes Temporal. */
export type WorkArea = {
  put(value: Json): Promise<WorkReference>;
  /** @throws `WORK_GONE` (terminal) where it is no longer kept. */
  get(at: WorkReference): Promise<Json>;
  putRows(rows: AsyncIterable<unknown>): Promise<WorkReference>;
  rows(at: WorkReference): AsyncIterable<unknown>;
  /** Whether it is still kept. */
  holds(at: WorkReference): Promise<boolean>;
};

export function createWorkArea(store: ObjectStore): WorkArea {
  const recent = new LRUCache<string, { readonly value: Json }>({
    maxSize: 32 * 1024 * 1024,
    sizeCalculation: (_, key) => Number(key.split(" ")[1]) + 1,
  });
  const cached = (at: WorkReference) => `${at.work} ${at.size}`;

  async function open(at: WorkReference): Promise<AsyncIterable<Uint8Array>> {
    try {
      return (await store.get(workContainer, at.work)).body;
    } catch (cause) {
      if (cause instanceof Error && "code" in cause && cause.code === "OBJECT_GONE") {
        throw terminal(
          "WORK_GONE",
          `The intermediate result ${at.work} is no longer in the lake's work area (${workContainer}). Re-process the object from the start.`,
          { cause },
        );
      }
      throw cause;
    }
  }

  return {
    async put(value) {
      const text = Buffer.from(JSON.stringify(value));
      const at: WorkReference = {
        work: `values/${createHash("sha256").update(text).digest("hex")}.json`,
        size: text.length,
        ...(Array.isArray(value) && { length: value.length }),
      };
      await store.put(workContainer, at.work, text, { size: text.length, contentType: "application/json" });
      recent.set(cached(at), { value });
      return at;
    },
    async get(at) {
      const known = recent.get(cached(at));
      if (known) return known.value;
      const chunks: Uint8Array[] = [];
      for await (const chunk of await open(at)) chunks.push(chunk);
      const value = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Json;
      recent.set(cached(at), { value });
      return value;
    },
    holds: async (at) => (await store.head(workContainer, at.work)) !== undefined,
    async putRows(rows) {
      const work = `rows/${randomUUID()}.jsonl`;
      let [size, length] = [0, 0];
      async function* lines(): AsyncGenerator<Uint8Array> {
        let pending: string[] = [];
        const flush = () => {
          const chunk = Buffer.from(pending.join(""));
          pending = [];
          size += chunk.length;
          return chunk;
        };
        for await (const row of rows) {
          length++;
          pending.push(`${JSON.stringify(toJson(row))}\n`);
          if (pending.length >= 1_000) yield flush();
        }
        if (pending.length > 0) yield flush();
      }
      await store.put(workContainer, work, lines(), { contentType: "application/x-ndjson" });
      return { work, size, length };
    },
    async *rows(at) {
      for await (const line of createInterface({ input: Readable.from(await open(at)), crlfDelay: Infinity })) {
        if (line) yield fromJson(JSON.parse(line) as Json);
      }
    },
  };
}
