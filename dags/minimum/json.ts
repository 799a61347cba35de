import { arrival, dag, match, mime, object, rows, task } from "sluice/sdk";
import { influxPoints, mongoDocuments, point } from "sluice/integrators";
import { z } from "zod";
import { jsonDocuments } from "../parsing/json-documents.ts";
import { jsonKinds, kindOfJson } from "../parsing/json-kind.ts";
import { jsonReadings } from "../parsing/json-readings.ts";
import { jsonValues } from "../parsing/json.ts";
import { templatePoints } from "../parsing/template.ts";

const look = task({
  name: "look-at-json",
  in: object,
  out: z.enum(jsonKinds),
  run: (object) => kindOfJson(jsonValues(object), object),
});

const readings = task({
  name: "read-json-readings",
  in: object,
  out: rows(point, { trusted: true }),
  run: (object) => jsonReadings(jsonValues(object), object),
});

const byTemplate = task({
  name: "read-json-by-template",
  in: object,
  out: rows(point, { trusted: true }),
  run: (object) => templatePoints(jsonValues(object), object),
});

const documents = task({
  name: "read-json-documents",
  in: object,
  out: rows(z.record(z.string(), z.unknown()), { trusted: true }),
  run: (object) => jsonDocuments(jsonValues(object)),
});

/** Sensor readings, and documents whose uploader gave a template, become points; all others documents. */
export default dag({
  name: "json",
  on: arrival({ types: [mime.json, "application/geo+json", "application/ld+json"], priority: -10 }),
  flow(object) {
    match(look(object), {
      readings: () => influxPoints(readings(object)),
      template: () => influxPoints(byTemplate(object)),
      documents: () => mongoDocuments(documents(object), { collection: "json" }),
    });
  },
});
