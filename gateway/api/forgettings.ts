import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import { terminal } from "../../sdk/contracts/errors.ts";
import type { ApiDeps } from "./deps.ts";
import { assertLanding, gone } from "./landing.ts";
import { answers, createRouter } from "./problem.ts";
import { forgetting, forgettingRequest } from "./upkeep-schemas.ts";
import type { Views } from "./views.ts";
import { whoAsks } from "./who-asks.ts";

const start = createRoute({
  method: "post",
  path: "/forgettings",
  summary: "Remove everything that was ever made of an object, from every sink",
  request: { body: { required: true, content: { "application/json": { schema: forgettingRequest } } } },
  responses: answers(202, "It has been started", forgetting),
});

const one = createRoute({
  method: "get",
  path: "/forgettings/{id}{.+}",
  summary: "How far one is",
  request: { params: z.object({ id: z.string() }) },
  responses: answers(200, "The run", forgetting),
});

export function forgettingRoutes(deps: ApiDeps, views: Views): OpenAPIHono {
  async function known(id: string) {
    const run = await deps.forgettings.find(id);
    if (run) return views.forgetting(run);
    throw terminal(
      "NOT_FOUND",
      `Temporal knows no forgetting "${id}" (any more). \`sluice trace OBJECT\` says whether the object is forgotten.`,
    );
  }

  return createRouter()
    .openapi(start, async (c) => {
      const { container, key, raw } = c.req.valid("json");
      assertLanding(deps, container);
      if (!(await deps.catalog.document(container, key))) throw gone(container, key);
      return c.json(await known(await deps.forgettings.start({ container, key }, { raw, by: whoAsks(c) })), 202);
    })
    .openapi(one, async (c) => c.json(await known(c.req.valid("param").id), 200));
}
