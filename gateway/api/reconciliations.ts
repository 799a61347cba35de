import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import { terminal } from "../../sdk/contracts/errors.ts";
import type { ApiDeps } from "./deps.ts";
import { assertLanding } from "./landing.ts";
import { answers, createRouter } from "./problem.ts";
import { reconciliationOverview, reconciliationRun, reconciliationScope } from "./reconciliation-schemas.ts";
import type { Views } from "./views.ts";
import { whoAsks } from "./who-asks.ts";
import { newMark } from "./workflow-runs.ts";

const start = createRoute({
  method: "post",
  path: "/reconciliations",
  summary: "Compare the stores' listings with the catalog now, and start what no webhook announced",
  request: { body: { required: true, content: { "application/json": { schema: reconciliationScope } } } },
  responses: answers(202, "It has been started", reconciliationRun),
});

const overview = createRoute({
  method: "get",
  path: "/reconciliations",
  summary: "How far each container has been compared, the last runs, and the predecessor's waiting list",
  request: { query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(10) }) },
  responses: answers(200, "The overview", reconciliationOverview),
});

const one = createRoute({
  method: "get",
  path: "/reconciliations/{id}",
  summary: "What a run has seen and done so far",
  request: { params: z.object({ id: z.string() }) },
  responses: answers(200, "The run", reconciliationRun),
});

export function reconciliationRoutes(deps: ApiDeps, views: Views): OpenAPIHono {
  const { catalog, reconciliations } = deps;

  async function known(id: string) {
    const run = await reconciliations.find(id);
    if (run) return views.reconciliation(run);
    throw terminal("NOT_FOUND", `Temporal knows no reconciliation "${id}" (any more): \`sluice reconcile\` lists the last ones.`);
  }

  return createRouter()
    .openapi(start, async (c) => {
      const scope = c.req.valid("json");
      if (scope.container !== undefined) assertLanding(deps, scope.container);
      const mark = newMark();
      const { container, prefix } = scope;
      const selection = { ...(container && { containers: [container] }), ...(prefix && { key: `${prefix}**` }) };
      await catalog.audit(mark, { action: "reconcile", by: whoAsks(c), selection, workflow_id: `reconcile/${mark}` });
      await reconciliations.start(mark, scope);
      return c.json(await known(mark), 202);
    })
    .openapi(overview, async (c) => {
      const [marks, runs, waiting] = await Promise.all([
        catalog.passes(),
        reconciliations.list(c.req.valid("query").limit),
        reconciliations.waitingList(),
      ]);
      return c.json(
        { containers: marks.map(views.pass), runs: runs.map(views.reconciliation), ...(waiting && { waiting_list: waiting }) },
        200,
      );
    })
    .openapi(one, async (c) => c.json(await known(c.req.valid("param").id), 200));
}
