/**
 * Two formats, two databases: the first DAG to read.
 *
 * Copy it into a folder of your own, point SLUICE_DAGS there, and put a CSV such as
 *     sensor,time,value
 *     roof,2026-03-28T06:00:00Z,4.2
 * under campus/readings/. Then: sluice trace campus/readings/NAME.csv
 */
import { after, arrival, dag, match, mime, object, rows, rule, task } from "sluice/sdk";
import { influxPoints, mongoDocuments } from "sluice/integrators";
import { csvRows } from "sluice/parsing";
import { z } from "zod";

// What leaves both parsers. Every row is checked against it, so that a bad one stops the object, not the lake.
const Reading = z.object({ sensor: z.string().min(1), time: z.coerce.date(), value: z.coerce.number() });

// A task is a name, what goes in, what comes out, and a body. `async *run` yields one row after another: they flow
// to the databases while the rest of the file is still being read.
export const parseCsv = task({
  name: "campus-parse-csv",
  in: object,
  out: rows(Reading),
  async *run(object) {
    for await (const { sensor = "", time, value } of csvRows(object)) yield { sensor, time, value };
  },
});

export const parseJson = task({
  name: "campus-parse-json",
  in: object,
  out: rows(Reading),
  async *run(object) {
    yield* JSON.parse(await object.text()) as z.input<typeof Reading>[];
  },
});

export const notify = task({
  name: "campus-notify",
  in: z.object({ key: z.string(), points: z.string(), documents: z.string() }),
  run({ key, points, documents }, { log }) {
    log.warn(`${key} did not get everywhere: points ${points}, documents ${documents}`);
  },
});

// The flow says what feeds what. It runs once, when the file is loaded, with stand-ins for the values: passing one
// to a task is the edge between them.
export default dag({
  name: "campus-readings",
  on: arrival({ container: "campus", key: "readings/**", types: [mime.csv, mime.json] }),
  flow(object) {
    const readings = match(object.type, {
      [mime.csv]: () => parseCsv(object),
      [mime.json]: () => parseJson(object),
    });
    const points = influxPoints(readings, { measurement: "readings", tags: ["sensor"], time: "time" });
    const documents = mongoDocuments(readings, { collection: "readings" });
    // Judged once both have settled. What is in here sees Results: how each ended, with its value or its failure.
    after([points, documents], rule.anyFailed, ([p, d]) => notify({ key: object.key, points: p.status, documents: d.status }));
  },
});
