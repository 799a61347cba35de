import { arrival, dag, match, mime, object, rows, task } from "sluice/sdk";
import { influxPoints, mongoDocuments, point } from "sluice/integrators";
import { z } from "zod";
import { csvDocuments } from "../parsing/csv-documents.ts";
import { csvReadings, isReadingsHeader } from "../parsing/csv-readings.ts";
import { csvTable } from "../parsing/csv.ts";

const look = task({
  name: "look-at-table",
  in: object,
  out: z.enum(["readings", "documents"]),
  async run(object) {
    await using table = await csvTable(object);
    return isReadingsHeader(table.header) ? "readings" : "documents";
  },
});

const readings = task({
  name: "read-table-readings",
  in: object,
  out: rows(point, { trusted: true }),
  run: (object) => csvReadings(object),
});

const documents = task({
  name: "read-table-documents",
  in: object,
  out: rows(z.record(z.string(), z.unknown()), { trusted: true }),
  run: (object) => csvDocuments(object),
});

/** Tables with a time and a value are sensor readings and become points; all others documents, one a row. */
export default dag({
  name: "csv",
  on: arrival({ types: [mime.csv, mime.tsv], priority: -10 }),
  flow(object) {
    match(look(object), {
      readings: () => influxPoints(readings(object)),
      documents: () => mongoDocuments(documents(object), { collection: "tables" }),
    });
  },
});
