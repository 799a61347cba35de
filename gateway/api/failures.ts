import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { ApiCatalog, ApiDeps } from "./deps.ts";
import { createFailureGroups } from "./failure-groups.ts";
import { assertLanding, listLanding } from "./landing.ts";
import { answers, createRouter } from "./problem.ts";
import { failureGroups, failureQuery } from "./quarantine-schemas.ts";
import type { Views } from "./views.ts";

const list = createRoute({
  method: "get",
  path: "/failures",
  summary: "Objects in quarantine or failed, grouped by the fingerprint of the failure, the most frequent first",
  request: { query: failureQuery },
  responses: answers(200, "The groups", failureGroups),
});

/** A catalog that has to be looked through from end to end is looked at this long. */
const patience = 30_000;

type Needs = Pick<ApiDeps, "stores" | "isLanding"> & { readonly catalog: Pick<ApiCatalog, "failed"> };

export function failureRoutes(deps: Needs, views: Pick<Views, "link">): OpenAPIHono {
  return createRouter().openapi(list, async (c) => {
    const query = c.req.valid("query");
    const groups = createFailureGroups();
    const deadline = AbortSignal.any([AbortSignal.timeout(patience), c.req.raw.signal]);
    let objects = 0;
    for (const container of await containersOf(deps, query.container)) {
      for await (const object of deps.catalog.failed(container, query, deadline)) {
        groups.add(object);
        objects += 1;
      }
      if (deadline.aborted) break;
    }
    return c.json({ groups: groups.list(views.link), objects, complete: !deadline.aborted }, 200);
  });
}

async function containersOf(deps: Needs, named: string | undefined): Promise<readonly string[]> {
  if (named === undefined) return [...new Set((await listLanding(deps)).map(({ name }) => name))];
  assertLanding(deps, named);
  return [named];
}
