import { after, arrival, dag, object, rows, rule, task } from "sluice/sdk";
import { influxPoints, mongoDocuments, receipt } from "sluice/integrators";
import { z } from "zod";
import { note } from "./notes.ts";

const Weighed = z.object({ letters: z.number(), padding: z.string() });

const weigh = task({
  name: "weigh",
  in: object,
  out: Weighed,
  async run(object) {
    note(object.key, "weigh");
    const content = await object.text();
    // What is large lies in the work area, what is small travels inline.
    return { letters: content.length, padding: content.startsWith("large") ? content.slice(0, 20).repeat(3_000) : "" };
  },
});

const stamp = task({
  name: "stamp",
  in: Weighed,
  out: z.object({ letters: z.number(), padding: z.number() }),
  run: ({ letters, padding }, { object: { key } }) => (note(key, "stamp"), { letters, padding: padding.length }),
});

const tell = task({ name: "tell", in: receipt, run: ({ count }, { object: { key } }) => void note(key, `told of ${count}`) });

/** A chain of values, of which any may be begun from. */
export const chain = dag({
  name: "e2e-again",
  on: arrival({ container: "e2e-*", key: "again/chain/**" }),
  flow(arrived) {
    const documents = mongoDocuments(stamp(weigh(arrived)), { collection: "e2e_again" });
    after([documents], rule.allSuccess, () => tell(documents));
  },
});

const Reading = z.object({ sensor: z.string(), time: z.date(), value: z.number() });

const read = task({
  name: "read",
  in: object,
  out: rows(Reading),
  async *run(object) {
    const { sensor, from, points } = z
      .object({ sensor: z.string(), from: z.number(), points: z.number() })
      .parse(JSON.parse(await object.text()));
    for (let second = from; second < from + points; second += 1) {
      yield { sensor, time: new Date(Date.UTC(2026, 0, 1, 0, 0, second)), value: second };
    }
  },
});

/** Rows, which are not kept. */
export const streamed = dag({
  name: "e2e-again-rows",
  on: arrival({ container: "e2e-*", key: "again/rows/**" }),
  flow(arrived) {
    const points = influxPoints(read(arrived), { measurement: "e2e_again", tags: ["sensor"], time: "time" });
    after([points], rule.allSuccess, () => tell(points));
  },
});

const visit = task({ name: "visit", in: object, out: z.string(), run: ({ key }) => (note(key, "visit"), key) });

export const many = dag({
  name: "e2e-again-many",
  on: arrival({ container: "e2e-*", key: "again/many/**" }),
  flow: (arrived) => visit(arrived),
});
