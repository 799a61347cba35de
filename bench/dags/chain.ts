import { arrival, dag, object, task } from "sluice/sdk";
import { z } from "zod";

const length = 40;

const begin = task({ name: "begin", in: object, out: z.number(), run: () => 0 });
const steps = Array.from({ length: length - 1 }, (_, index) =>
  task({ name: `step-${index + 2}`, in: z.number(), out: z.number(), run: (count) => count + 1 }),
);

/** Tasks that do nothing, one after another: what is left is the engine. */
export default dag({
  name: "chain",
  on: arrival({ container: "direct", key: "chain/**", types: ["text/plain"], priority: 10 }),
  flow(object) {
    let last = begin(object);
    for (const step of steps) last = step(last);
  },
});
