import { AsyncDisposableStack } from "@whatwg-node/disposablestack";
import type { Receipt } from "../sdk/contracts/receipt.ts";
import type { Environment } from "./config.ts";
import { createInfluxClient } from "./influx.ts";
import { createMongoClient } from "./mongo.ts";
import { createNeo4jDriver } from "./neo4j.ts";
import { createStores } from "./stores/index.ts";

/** Counts what is there of what a receipt speaks of: asks the database, believes nobody. */
export type ReadBack = AsyncDisposable & { count(receipt: Receipt): Promise<number> };

/** Knows the marks that the lake leaves on what it writes, and shares no code with what writes it. */
export function createReadBack(env: Environment): ReadBack {
  const resources = new AsyncDisposableStack();
  const influx = resources.use(createInfluxClient(env));
  const mongo = resources.use(createMongoClient(env));
  const neo4j = resources.use(createNeo4jDriver(env));
  const stores = resources.use(createStores(env));

  const counters: { readonly [sink: string]: (receipt: Receipt) => Promise<number> } = {
    async influxdb({ locator }) {
      const [series = []] = await influx.query(`SELECT count("object") FROM /.*/ WHERE "object" = ${Number(locator["object"])}`);
      return sum(series.map(({ values }) => Number(values[0]?.[1])));
    },
    async mongodb({ locator }) {
      const collection = mongo.db(String(locator["database"])).collection(String(locator["collection"]));
      return await collection.countDocuments({ "_object.number": Number(locator["object"]) });
    },
    async neo4j({ locator }) {
      const object = { object: Number(locator["object"]) };
      const held = "WHERE $object IN held.sluice_objects RETURN count(held) AS count";
      const answers = await Promise.all(
        ["MATCH (held)", "MATCH ()-[held]->()"].map((pattern) => neo4j.executeQuery(`${pattern} ${held}`, object)),
      );
      return sum(answers.map(({ records }) => Number(records[0]?.get("count"))));
    },
    async store({ locator }) {
      let count = 0;
      const keys = stores.get("s3").list(String(locator["container"]), { prefix: String(locator["prefix"]) });
      for await (const _ of keys) count += 1;
      return count;
    },
  };

  return {
    count: async (receipt) => (await counters[receipt.sink]?.(receipt)) ?? 0,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
