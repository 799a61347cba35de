import { arrival, dag, match, mime, object, rows, task } from "sluice/sdk";
import { influxPoints, mongoDocuments, point } from "sluice/integrators";
import { z } from "zod";
import { jsonDocuments } from "../parsing/json-documents.ts";
import { jsonKinds, kindOfJson } from "../parsing/json-kind.ts";
import { jsonReadings } from "../parsing/json-readings.ts";
import { jsonLines } from "../parsing/json.ts";
import { templatePoints } from "../parsing/template.ts";

const look = task({
  name: "look-at-lines",
  in: object,
  out: z.enum(jsonKinds),
  run: (object) => kindOfJson(jsonLines(object), object),
});

const readings = task({
  name: "read-lines-readings",
  in: object,
  out: rows(point, { trusted: true }),
  run: (object) => jsonReadings(jsonLines(object), object),
});

const byTemplate = task({
  name: "read-lines-by-template",
  in: object,
  out: rows(point, { trusted: true }),
  run: (object) => templatePoints(jsonLines(object), object),
});

const documents = task({
  name: "read-lines-documents",
  in: object,
  out: rows(z.record(z.string(), z.unknown()), { trusted: true }),
  run: (object) => jsonDocuments(jsonLines(object)),
});

/** As `json`, one value a line. */
export default dag({
  name: "json-lines",
  on: arrival({ types: mime.jsonLines, priority: -10 }),
  flow(object) {
    match(look(object), {
      readings: () => influxPoints(readings(object)),
      template: () => influxPoints(byTemplate(object)),
      documents: () => mongoDocuments(documents(object), { collection: "json" }),
    });
  },
});
