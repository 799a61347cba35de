import { arrival, dag, mime, object, rows, task } from "sluice/sdk";
import { mongoDocuments } from "sluice/integrators";
import { z } from "zod";
import { excelDocuments } from "../parsing/excel.ts";

const read = task({
  name: "read-sheets",
  in: object,
  out: rows(z.record(z.string(), z.unknown()), { trusted: true }),
  run: (object) => excelDocuments(object),
});

/** Every row of every sheet becomes a document. */
export default dag({
  name: "excel",
  on: arrival({ types: mime.excel, priority: -10 }),
  flow(object) {
    mongoDocuments(read(object), { collection: "sheets" });
  },
});
