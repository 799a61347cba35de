import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import { terminal } from "../../sdk/contracts/errors.ts";
import type { ApiDeps } from "./deps.ts";
import { answers, createRouter } from "./problem.ts";
import { rebuilding, rebuildRequest } from "./upkeep-schemas.ts";
import type { Views } from "./views.ts";
import { whoAsks } from "./who-asks.ts";
import { newMark } from "./workflow-runs.ts";

const start = createRoute({
  method: "post",
  path: "/catalog/rebuilds",
  summary: "Make a catalog that was lost anew, from histories and stores; what is there is left as it is",
  request: { body: { required: true, content: { "application/json": { schema: rebuildRequest } } } },
  responses: answers(202, "It has been started", rebuilding),
});

const one = createRoute({
  method: "get",
  path: "/catalog/rebuilds/{id}{.+}",
  summary: "How far one is",
  request: { params: z.object({ id: z.string() }) },
  responses: answers(200, "The run", rebuilding),
});

export function rebuildRoutes({ catalog, rebuilds }: ApiDeps, views: Views): OpenAPIHono {
  async function known(id: string) {
    const run = await rebuilds.find(id);
    if (run) return views.rebuilding(run);
    throw terminal("NOT_FOUND", `Temporal knows no rebuilding "${id}" (any more): start another, it changes nothing that is there.`);
  }

  return createRouter()
    .openapi(start, async (c) => {
      const { dryRun } = c.req.valid("json");
      const id = `rebuild/${newMark()}`;
      if (!dryRun) await catalog.audit(id, { action: "rebuild", by: whoAsks(c), workflow_id: id });
      await rebuilds.start(id, { dryRun });
      return c.json(await known(id), 202);
    })
    .openapi(one, async (c) => c.json(await known(c.req.valid("param").id), 200));
}
