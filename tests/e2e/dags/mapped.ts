import { arrival, dag, map, object, retryable, task, terminal } from "sluice/sdk";
import { mongoDocuments } from "sluice/integrators";
import { z } from "zod";
import { isFirst, tick } from "./notes.ts";

const Wish = z.object({
  items: z.number(),
  /** Every nth item fails once. */
  stumble: z.number().default(0),
  /** Every nth item fails for good. */
  fall: z.number().default(0),
  /** Milliseconds an item takes. */
  pause: z.number().default(0),
});

const Item = z.object({ number: z.number(), stumbles: z.boolean(), falls: z.boolean(), pause: z.number() });

const list = task({
  name: "list",
  in: object,
  out: z.array(Item),
  async run(object) {
    const { items, stumble, fall, pause } = Wish.parse(JSON.parse(await object.text()));
    const every = (nth: number, number: number) => nth > 0 && number % nth === nth - 1;
    return Array.from({ length: items }, (_, number) => ({ number, stumbles: every(stumble, number), falls: every(fall, number), pause }));
  },
});

const double = task({
  name: "double",
  in: Item,
  out: z.number(),
  retry: { attempts: 3, initialInterval: "100ms" },
  async run({ number, stumbles, falls, pause }, { object: { key } }) {
    tick(key, String(number));
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    if (stumbles && isFirst(`${key} ${number}`)) throw retryable("STUMBLED", `Item ${number} stumbled: it gets up by itself.`);
    if (falls) throw terminal("FELL", `Item ${number} fell: take it out of the list.`);
    return number * 2;
  },
});

const strict = task({
  name: "check-order",
  in: z.array(z.number()),
  out: z.object({ items: z.number(), ordered: z.boolean() }),
  run: (doubles) => ({ items: doubles.length, ordered: doubles.every((value, index) => value === index * 2) }),
});

const Tolerated = z.object({ status: z.string(), value: z.number().nullable() });

const tolerant = task({
  name: "count-results",
  in: z.array(Tolerated),
  out: z.object({ items: z.number(), failed: z.number(), ordered: z.boolean() }),
  run: (results) => ({
    items: results.length,
    failed: results.filter(({ status }) => status === "failed").length,
    ordered: results.every(({ status, value }, index) => status === "failed" || value === index * 2),
  }),
});

export const mapped = dag({
  name: "e2e-mapped",
  on: arrival({ container: "e2e-*", key: "mapped/strict/**" }),
  flow(arrived) {
    mongoDocuments(strict(map(list(arrived), (item) => double(item), { concurrency: 50 })), { collection: "e2e_mapped" });
  },
});

export const tolerated = dag({
  name: "e2e-tolerated",
  on: arrival({ container: "e2e-*", key: "mapped/tolerant/**" }),
  flow(arrived) {
    const results = map(list(arrived), (item) => double(item), { concurrency: 50, tolerate: "1%" });
    mongoDocuments(tolerant(results), { collection: "e2e_mapped" });
  },
});
