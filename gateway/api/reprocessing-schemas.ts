import { z } from "@hono/zod-openapi";
import { objectStates } from "../../sdk/contracts/catalog.ts";
import { list, time } from "./schema-parts.ts";

const some = z.array(z.string().min(1)).min(1).max(1_000).readonly();
const moment = z.iso.datetime({ offset: true });

/** Objects a second. */
const rate = z.number().positive().openapi({ description: "Objects a second." });

/** An empty one means everything. */
export const selection = z
  .strictObject({
    objects: some.openapi({ description: "`container/key`, exactly.", example: ["campus/roof.csv"] }),
    containers: some,
    key: z.string().min(1).openapi({ description: "A glob over keys.", example: "readings/**" }),
    types: some.openapi({ description: "Content types, with wildcards.", example: ["image/*"] }),
    states: z.array(z.enum(objectStates)).min(1).readonly(),
    fingerprints: some,
    dags: some.openapi({ description: "DAGs, one of which took the object the last time." }),
    plans: some.openapi({ description: "Hashes of plans, or their beginnings, one of which it was last processed by." }),
    notByCurrent: z.string().min(1).openapi({ description: "A DAG whose plan in force has not processed it successfully yet." }),
    since: moment.openapi({ description: "Its state last changed from then on." }),
    until: moment.openapi({ description: "Its state last changed before." }),
  })
  .partial()
  .openapi("Selection");

export const reprocessingRequest = z
  .strictObject({
    selection,
    from: z.string().min(1).optional().openapi({ description: "A task to begin from: what came before it is kept." }),
    plan: z.enum(["now", "then"]).optional(),
    rate: rate.optional(),
    dryRun: z.boolean().optional().openapi({ description: "Only count them, and name some; nothing is started." }),
  })
  .openapi("ReprocessingRequest");

export const throttle = z.strictObject({ rate: rate.nullable() }).openapi("Throttle");

const objectName = z.object({ container: z.string(), key: z.string() });

export const dryRun = z
  .object({
    count: z.number(),
    sample: list(objectName.extend({ state: z.enum(objectStates), content_type: z.string(), size: z.number() })),
  })
  .openapi("ReprocessingDryRun");

export const reprocessingRun = z
  .object({
    id: z.string().openapi({ example: "2026-11-21T13-20-00Z-ab12" }),
    workflow_id: z.string(),
    link: z.string(),
    state: z.enum(["running", "paused", "cancelled", "completed", "failed"]),
    /** Why it failed. */
    problem: z.string().optional(),
    since: time,
    ended: time.optional(),
    /** When it said how far it is. */
    at: time.optional(),
    /** Absent until they are counted. */
    selected: z.number().optional(),
    started: z.number(),
    processed: z.number(),
    quarantined: z.number(),
    failed: z.number(),
    /** Taken by other runs, or not in the store any more. */
    other: z.number(),
    rate: rate.optional(),
    failures: list(z.object({ fingerprint: z.string(), code: z.string(), message: z.string(), count: z.number(), example: z.string() })),
    /** Of the objects that were named: those that the catalog does not know. */
    unknown: list(objectName).optional(),
  })
  .openapi("ReprocessingRun");

export const reprocessingRuns = z.object({ reprocessings: list(reprocessingRun) }).openapi("ReprocessingRuns");
