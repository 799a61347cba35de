import { z } from "@hono/zod-openapi";
import { counts, time } from "./schema-parts.ts";
import { objectName } from "./schemas.ts";

export const forgettingRequest = objectName
  .extend({ raw: z.boolean().default(false).openapi({ description: "The object in the store goes as well, in all its versions." }) })
  .openapi("ForgettingRequest");

/** A workflow that somebody asked for. */
const run = z.object({
  id: z.string(),
  link: z.string(),
  state: z.enum(["running", "completed", "failed", "cancelled"]),
  started: time,
  ended: time.optional(),
  problem: z.string().optional(),
});

export const forgetting = run
  .extend({
    /** Objects, members of archives among them. */
    forgotten: z.number().optional(),
    /** What was removed, by what it was: `points in influxdb`. */
    removed: counts.optional(),
  })
  .openapi("Forgetting");

export const rebuildRequest = z
  .object({ dryRun: z.boolean().default(false).openapi({ description: "Only look what there is; nothing is written." }) })
  .openapi("RebuildRequest");

export const rebuilding = run
  .extend({
    result: z
      .object({
        histories: z.number(),
        traces: z.number(),
        objects: z.number(),
        forgotten: z.number(),
        unreadable: z.number(),
        listed: z.number(),
        unknown: z.number(),
        plans: z.number(),
      })
      .optional(),
  })
  .openapi("Rebuilding");
