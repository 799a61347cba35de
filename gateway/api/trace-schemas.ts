import { z } from "@hono/zod-openapi";
import { selection } from "./reprocessing-schemas.ts";
import { counts, list, time } from "./schema-parts.ts";
import { arrival, codeByTask, failure, objectDocument, receipt } from "./schemas.ts";

const traceStep = z
  .object({
    node: z.string(),
    task: z.string(),
    status: z.enum(["success", "failed", "skipped", "upstreamFailed", "undone"]),
    mode: z.enum(["local", "ordinary", "kept"]).optional(),
    attempt: z.number().optional(),
    started: time.optional(),
    took: z.number().optional().openapi({ description: "Milliseconds." }),
    site: z.string().optional(),
    rows: z.number().optional(),
    items: z
      .object({ retried: z.number(), failed: z.number() })
      .optional()
      .openapi({ description: "Of a map: how many items were tried again by themselves, and how many failed in the end." }),
    receipt: receipt.optional(),
    failure: failure.optional(),
  })
  .openapi("TraceStep");

const attempt = z
  .object({
    run_id: z.string(),
    task: z.string(),
    item: z.string().optional().openapi({ description: "The item of a map that it was about: `each-room[3]`." }),
    attempt: z.number(),
    started: time.optional(),
    at: time.openapi({ description: "When it failed." }),
    failure,
  })
  .openapi("Attempt");

/** A run that has the object now. */
const openRun = z.object({ workflow_id: z.string(), run_id: z.string(), link: z.string(), attempts: list(attempt) }).openapi("OpenRun");

const traceRun = z
  .object({
    version: z.string(),
    workflow_id: z.string(),
    run_id: z.string(),
    link: z.string(),
    door: z.string(),
    announced: time,
    claimed: time,
    closed: time,
    content_type: z.string(),
    type_by: z.string(),
    outcome: z.enum(["processed", "quarantined", "failed", "gone", "handed-over", "declined"]),
    dags: list(
      z.object({
        dag: z.string(),
        plan: z.string(),
        /** Where the DAG stands now, if it is still in force. */
        file: z.string().optional(),
        code: codeByTask,
        outcome: z.enum(["success", "failed"]),
        steps: list(traceStep),
      }),
    ),
    reason: failure.optional(),
    successor: z.string().optional(),
    attempts: list(attempt),
    /** Whether its history lies in the lake's archive. */
    archived: z.boolean(),
    /** Whether Temporal still has it; absent where it could not be asked. */
    in_temporal: z.boolean().optional(),
  })
  .openapi("TraceRun");

const runName = z.object({ workflow_id: z.string(), run_id: z.string(), link: z.string() });

/** News of a version that a run has, or had, already. */
const duplicate = runName.extend({ door: z.string(), announced: time, refused: time, holder: z.string() }).openapi("Duplicate");

/** What somebody had done to the object. */
const audited = z
  .object({
    action: z.string(),
    at: time,
    by: z.string(),
    /** Of what was done to many objects: which. */
    selection: selection.optional(),
    counts: counts.optional(),
    notes: list(z.string()).optional(),
    workflow_id: z.string().optional(),
    link: z.string().optional(),
  })
  .openapi("Audited");

export const trace = z
  .object({
    container: z.string(),
    key: z.string(),
    /** Absent until a run has taken the object, unless it was put through the API. */
    document: objectDocument.optional(),
    /** Those that the journal of this gateway has not done with; where nothing else is known, those that it remembers. */
    arrivals: list(arrival),
    /** The oldest first. */
    runs: list(traceRun),
    open: openRun.optional(),
    duplicates: list(duplicate),
    audit: list(audited),
    /** Runs that the catalog knows of, but has no trace of; `archived` says whether their histories tell it. */
    lost: list(runName.extend({ archived: z.boolean() })),
    /** False where there is more than is told at once (the newest 200 runs, 1,000 failed attempts), or the catalog took too long. */
    complete: z.boolean(),
  })
  .openapi("Trace");
