import { arrival, dag, object, task } from "sluice/sdk";
import { z } from "zod";

const length = 40;
/** What may heartbeat is an ordinary activity from the start. */
const heartbeat = "10s";

const begin = task({ name: "begin", in: object, out: z.number(), heartbeat, run: () => 0 });
const steps = Array.from({ length: length - 1 }, (_, index) =>
  task({ name: `step-${index + 2}`, in: z.number(), out: z.number(), heartbeat, run: (count) => count + 1 }),
);

/** As `chain`, step by step through Temporal's server. */
export default dag({
  name: "ordinary-chain",
  on: arrival({ container: "direct", key: "ordinary-chain/**", types: ["text/plain"], priority: 10 }),
  flow(object) {
    let last = begin(object);
    for (const step of steps) last = step(last);
  },
});
