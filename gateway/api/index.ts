import type { OpenAPIHono } from "@hono/zod-openapi";
import { arrivalRoutes } from "./arrivals.ts";
import { dagRoutes } from "./dags.ts";
import type { ApiDeps } from "./deps.ts";
import { documentRoutes } from "./documents.ts";
import { failureRoutes } from "./failures.ts";
import { forgettingRoutes } from "./forgettings.ts";
import { lakeRoutes } from "./lake.ts";
import { objectRoutes } from "./objects.ts";
import { createRouter, problemHandler } from "./problem.ts";
import { quarantineRoutes } from "./quarantine.ts";
import { reconciliationRoutes } from "./reconciliations.ts";
import { reprocessingRoutes } from "./reprocessings.ts";
import { rebuildRoutes } from "./rebuilds.ts";
import { createViews } from "./views.ts";

export { createCatalogReader } from "./catalog-reader.ts";
export { createReconciliationRuns } from "./reconciliation-runs.ts";
export { createReprocessingRuns } from "./reprocessing-runs.ts";
export { createRebuildRuns } from "./rebuild-runs.ts";
export { createForgettingRuns } from "./forgetting-runs.ts";
export { lakeChecks } from "./health.ts";
export type * from "./deps.ts";

/** The REST API: `/v1`, which the application guards, and its description at `/openapi.json`. */
export function createApi(deps: ApiDeps): OpenAPIHono {
  const views = createViews(deps.temporal);
  const routes = createRouter();
  routes.onError(problemHandler(deps.log));
  for (const part of [
    lakeRoutes(deps, views),
    documentRoutes(deps, views),
    objectRoutes(deps),
    arrivalRoutes(deps, views),
    dagRoutes(deps, views),
    failureRoutes(deps, views),
    quarantineRoutes(deps, views),
    forgettingRoutes(deps, views),
    rebuildRoutes(deps, views),
    reprocessingRoutes(deps, views),
    reconciliationRoutes(deps, views),
  ]) {
    routes.route("/", part);
  }
  const api = createRouter();
  api.openAPIRegistry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  api.route("/v1", routes);
  api.get("/openapi.json", (c) => c.json(describe(api, deps.version)));
  return api;
}

function describe(api: OpenAPIHono, version: string): object {
  const document = api.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Sluice", version, license: { name: "Apache-2.0" } },
    security: [{ token: [] }],
  });
  // `{.+}` is the router's: a key may hold slashes. A description has no word for that.
  const paths = Object.entries(document.paths ?? {}).map(([path, item]) => [path.replace("{.+}", ""), item]);
  return { ...document, paths: Object.fromEntries(paths) };
}
