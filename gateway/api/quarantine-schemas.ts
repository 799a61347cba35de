import { z } from "@hono/zod-openapi";
import { objectStates } from "../../sdk/contracts/catalog.ts";
import { failureKinds } from "../../sdk/contracts/errors.ts";
import { dataProcessings } from "../../sdk/contracts/object.ts";
import { counts, jsonObject, list, time } from "./schema-parts.ts";
import { failure, objectName, uploadMetadata } from "./schemas.ts";

export const quarantined = z
  .object({
    container: z.string(),
    key: z.string(),
    version: z.string(),
    content_type: z.string(),
    size: z.number(),
    dag: z.string().optional(),
    task: z.string().optional(),
    reason: failure,
    since: time,
    link: z.string(),
  })
  .openapi("Quarantined");

/** What failures and quarantine are narrowed down by. */
export const failureQuery = z.object({
  container: z.string().optional(),
  dag: z.string().optional().openapi({ description: "A DAG that took it the last time, whether it is the one that failed or not." }),
  type: z.string().optional().openapi({ description: "Content type, with wildcards.", example: "image/*" }),
  fingerprint: z.string().optional(),
  since: z.iso.datetime({ offset: true }).optional().openapi({ description: "Failed from then on." }),
  until: z.iso.datetime({ offset: true }).optional().openapi({ description: "Failed before." }),
});

/** Failures of one cause. */
export const failureGroup = z
  .object({
    fingerprint: z.string(),
    code: z.string(),
    kind: z.enum(failureKinds),
    task: z.string().optional(),
    objects: z.number(),
    /** Objects by state, container, content type and DAG. */
    states: counts,
    containers: counts,
    types: counts,
    dags: counts,
    since: time,
    last: time,
    /** The latest. */
    example: z.object({
      container: z.string(),
      key: z.string(),
      content_type: z.string(),
      state: z.enum(objectStates),
      reason: failure,
      link: z.string().optional(),
    }),
  })
  .openapi("FailureGroup");

export const failureGroups = z
  .object({
    groups: list(failureGroup),
    objects: z.number(),
    /** False where the catalog could not look at everything in time. */
    complete: z.boolean(),
  })
  .openapi("FailureGroups");

/** A piece of an object around a place. */
export const excerpt = z
  .object({
    lines: list(z.object({ number: z.number().optional(), text: z.string(), marked: z.boolean() })),
    /** True where the line was reckoned from a row. */
    approximate: z.boolean(),
  })
  .openapi("Excerpt");

export const quarantinedDetail = quarantined
  .extend({
    /** Absent where there is nothing to show. */
    excerpt: excerpt.optional(),
    /** Why there is no excerpt: the store does not hold this version any more, for one. */
    excerpt_problem: z.string().optional(),
    other_data: jsonObject,
    data_processing: z.enum(dataProcessings),
    declared_type: z.string().optional(),
  })
  .openapi("QuarantinedDetail");

/** Objects by name, or all in quarantine that the filter fits. */
export const quarantineChoice = z.union([
  z.strictObject({ objects: z.array(objectName).min(1).max(1_000) }),
  z.strictObject({ filter: failureQuery }),
]);

export const release = z
  .object({
    choice: quarantineChoice,
    /** What was wrong about them, put right: `other_data` is merged into what there is. */
    corrections: uploadMetadata.pick({ declared_type: true, data_processing: true, other_data: true }).optional(),
  })
  .openapi("Release");

export const released = z
  .object({
    /** How many were in quarantine. */
    objects: z.number(),
    refused: list(objectName.extend({ reason: z.string() })),
    /** The reprocessing that takes them; absent where there are none. */
    reprocessing: z.string().optional(),
    workflow_id: z.string().optional(),
    link: z.string().optional(),
  })
  .openapi("Released");

export const drop = z
  .object({
    choice: quarantineChoice,
    /** Deletes them from the store as well. */
    delete: z.boolean().default(false),
  })
  .openapi("Drop");

export const dropped = z
  .object({
    dropped: list(objectName),
    refused: list(objectName.extend({ reason: z.string() })),
  })
  .openapi("Dropped");
