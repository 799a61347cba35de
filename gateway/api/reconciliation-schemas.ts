import { z } from "@hono/zod-openapi";
import { list, time } from "./schema-parts.ts";

export const reconciliationScope = z
  .strictObject({
    container: z.string().min(1).openapi({ description: "All landing containers where it is left out." }),
    prefix: z.string().openapi({ description: "Of keys." }),
    grace: z.number().int().min(0).openapi({ description: "Milliseconds: objects that landed since are left to their webhooks." }),
  })
  .partial()
  .refine(({ container, prefix }) => container !== undefined || prefix === undefined, {
    message: "A prefix is one of the keys of a container: name the container as well.",
    path: ["prefix"],
  })
  .openapi("ReconciliationScope");

/** `known`: this very version is in the catalog. `young`: left to their webhooks. `gone`: documents whose object is not there any more. */
export const reconciliationRun = z
  .object({
    id: z.string().openapi({ example: "2026-11-21T13-20-00Z-ab12" }),
    workflow_id: z.string(),
    link: z.string(),
    state: z.enum(["running", "completed", "failed", "cancelled"]),
    /** Why it failed. */
    problem: z.string().optional(),
    since: time,
    ended: time.optional(),
    scope: z.object({ container: z.string(), prefix: z.string(), grace: z.number() }).partial(),
    listed: z.number(),
    known: z.number(),
    young: z.number(),
    gone: z.number(),
    found: z.number(),
    findings: z.object({ unannounced: z.number(), changed: z.number(), stuck: z.number(), returned: z.number() }),
    problems: list(z.string()),
    /** Of those found: how many were given to runs, and what became of them. */
    started: z.number(),
    processed: z.number(),
    quarantined: z.number(),
    failed: z.number(),
    /** Taken by other runs, or not in the store any more. */
    other: z.number(),
  })
  .openapi("ReconciliationRun");

/** How far the comparison of a container has come. */
export const pass = z
  .object({
    store: z.string(),
    container: z.string(),
    /** Of the pass that is underway. */
    begun: time,
    listed: z.number(),
    /** The last whole pass: everything that had landed before it began has been looked at. */
    whole: z.object({ begun: time, ended: time, size: z.number() }).optional(),
  })
  .openapi("ReconciliationPass");

export const reconciliationOverview = z
  .object({
    containers: list(pass),
    /** The newest first. */
    runs: list(reconciliationRun),
    /** What docker_datalake's waiting list held when it was last looked at. */
    waiting_list: z
      .object({ taken: z.number(), unknown: z.number(), examples: list(z.object({ entry: z.string(), reason: z.string() })) })
      .optional(),
  })
  .openapi("ReconciliationOverview");
