import { arrival, dag, object, retryable, rows, task, terminal } from "sluice/sdk";
import { z } from "zod";
import { note } from "./notes.ts";

const Trouble = z.object({ failures: z.number(), kind: z.enum(["retryable", "terminal"]).default("retryable") });
const Row = z.object({ number: z.number() });

const produce = task({
  name: "produce",
  in: object,
  out: rows(Row),
  async *run({ key }) {
    note(key, "produce");
    for (let number = 1; number <= 10; number += 1) yield { number };
  },
});

const count = async (numbers: AsyncIterable<unknown>) => (await Array.fromAsync(numbers)).length;

const steady = task({
  name: "steady",
  in: rows(Row),
  out: z.number(),
  async run(numbers, { object: { key } }) {
    note(key, "steady");
    return await count(numbers);
  },
});

const flaky = task({
  name: "flaky",
  in: rows(Row),
  out: z.number(),
  retry: { attempts: 4, initialInterval: "1s", backoff: 1 },
  async run(numbers, { object }) {
    const { failures, kind } = Trouble.parse(JSON.parse(await object.text()));
    const found = await count(numbers);
    if (note(object.key, "flaky") > failures) return found;
    const fail = kind === "terminal" ? terminal : retryable;
    throw fail("SINK_ILL", `The sink of ${object.key} is ill: wait until it is well.`, { cause: new Error("connection refused") });
  },
});

/** A stream into two sinks, one of which fails as often as the object asks. */
export default dag({
  name: "e2e-trouble",
  on: arrival({ container: "e2e-*", key: "trouble/**" }),
  flow(arrived) {
    const numbers = produce(arrived);
    steady(numbers);
    flaky(numbers);
  },
});
