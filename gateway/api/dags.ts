import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import { terminal } from "../../sdk/contracts/errors.ts";
import type { ApiDeps } from "./deps.ts";
import { answers, createRouter } from "./problem.ts";
import { dagDetail, dagList } from "./schemas.ts";
import type { Views } from "./views.ts";

const list = createRoute({
  method: "get",
  path: "/dags",
  summary: "The DAGs in force, and the DAG files that are broken",
  responses: answers(200, "The DAGs", dagList),
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
    .openapi(list, async (c) => {
      const [dags, broken] = await Promise.all([catalog.dags(), catalog.brokenFiles()]);
      return c.json({ dags: dags.map(views.dag), broken_files: broken.map(views.brokenFile) }, 200);
    })
    .openapi(one, async (c) => {
      const { name } = c.req.valid("param");
      const found = await catalog.dag(name);
      if (found) return c.json(views.dagDetail(found), 200);
      throw terminal("NOT_FOUND", `No DAG is called "${name}". \`sluice dags list\` lists those in force.`);
    });
}
