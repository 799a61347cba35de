import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import { terminal } from "../../sdk/contracts/errors.ts";
import type { ApiDeps } from "./deps.ts";
import { answers, createRouter } from "./problem.ts";
import { dagDetail, dagSummary } from "./schemas.ts";
import type { Views } from "./views.ts";

const list = createRoute({
  method: "get",
  path: "/dags",
  summary: "The DAGs in force",
  responses: answers(200, "The DAGs", z.object({ dags: z.array(dagSummary).readonly() })),
});

const one = createRoute({
  method: "get",
  path: "/dags/{name}",
  summary: "A DAG with its plan",
  request: { params: z.object({ name: z.string() }) },
  responses: answers(200, "The DAG", dagDetail),
});

export function dagRoutes({ catalog }: ApiDeps, views: Views): OpenAPIHono {
  return createRouter()
    .openapi(list, async (c) => c.json({ dags: (await catalog.dags()).map(views.dag) }, 200))
    .openapi(one, async (c) => {
      const { name } = c.req.valid("param");
      const found = await catalog.dag(name);
      if (found) return c.json(views.dagDetail(found), 200);
      throw terminal("NOT_FOUND", `No DAG is called "${name}". \`sluice dags list\` lists those in force.`);
    });
}
