import { expect, it } from "vitest";
import { newDocument } from "../../infra/catalog.ts";
import type { ObjectInfo } from "../../sdk/contracts/object.ts";
import { bare } from "../forgetting/settle.ts";
import { foldOpen } from "./fold.ts";

const where = { container: "campus", key: "roof.csv", store: "s3" };
const forgotten = new Date("2026-11-21T12:00:00Z");
const again: ObjectInfo = {
  ...where,
  id: "17",
  number: 17,
  version: "v2",
  size: 3,
  type: "text/csv",
  lastModified: "2026-11-21T12:59:00.000Z",
  project: "campus",
  user: "ada",
  application: "",
  dataProcessing: "default",
  metadata: {},
};

it("gives an object that was put again after it was forgotten the id that it had, not that of the forgotten one made anew", () => {
  const made = bare(
    newDocument({ ...where, number: 1_795_282_221_510, now: forgotten }),
    { workflowId: "forget/roof", runId: "f" },
    forgotten,
  );
  const open = { object: again, claimed: "2026-11-21T13:00:00.000Z", workflowId: "ingest/roof", runId: "r" };
  expect(foldOpen(made, open)).toMatchObject({ state: "processing", swift_object_id: "17", object_number: 17, version: "v2" });
});
