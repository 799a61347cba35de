import { arrival, dag, mime, object, rows, task } from "sluice/sdk";
import { mongoDocuments } from "sluice/integrators";
import { readText, textDocument } from "../parsing/text.ts";

const read = task({
  name: "read-text",
  in: object,
  // A stream of one: a long text goes to its sink without being kept in between.
  out: rows(textDocument, { trusted: true }),
  run: (object) => readText(object),
});

/** Any text becomes a document with statistics that hold in every language. */
export default dag({
  name: "text",
  // Below the priority of those that know a kind of text better.
  on: arrival({ types: ["text/*", mime.sql, "application/xml", "application/javascript"], priority: -20 }),
  flow(object) {
    mongoDocuments(read(object), { collection: "texts" });
  },
});
