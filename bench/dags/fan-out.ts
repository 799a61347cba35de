import { arrival, dag, map, object, task } from "sluice/sdk";
import { z } from "zod";

const count = task({
  name: "count",
  in: object,
  out: z.array(z.number()),
  run: async (object) => Array.from({ length: Number(await object.text()) }, (_, index) => index),
});
const addOne = task({ name: "add-one", in: z.number(), out: z.number(), run: (item) => item + 1 });
const total = task({
  name: "total",
  in: z.array(z.number()),
  out: z.number(),
  run: (items) => items.reduce((sum, item) => sum + item, 0),
});

/** As many items as the object says, with nothing to do for each. */
export default dag({
  name: "fan-out",
  on: arrival({ container: "direct", key: "fan-out/**", types: ["text/plain"], priority: 10 }),
  flow(object) {
    total(map(count(object), (item) => addOne(item)));
  },
});
