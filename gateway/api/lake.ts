import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import type { ApiDeps, HealthCheck } from "./deps.ts";
import { listLanding } from "./landing.ts";
import { answers, createRouter } from "./problem.ts";
import { container, status } from "./schemas.ts";
import type { Views } from "./views.ts";

/** A part of the lake that says nothing for this long counts as down. */
const patience = 3_000;

const statusRoute = createRoute({
  method: "get",
  path: "/status",
  summary: "How the lake is",
  responses: answers(200, "Parts, arrivals, DAGs", status),
});

const containersRoute = createRoute({
  method: "get",
  path: "/containers",
  summary: "The landing containers",
  responses: answers(200, "The containers", z.object({ containers: z.array(container).readonly() })),
});

export function lakeRoutes(deps: ApiDeps, views: Views): OpenAPIHono {
  const { catalog, arrivals, checks, temporal, version } = deps;
  return createRouter()
    .openapi(statusRoute, async (c) => {
      const [parts, aside, dags, files, workers] = await Promise.all([
        Promise.all(Object.entries(checks).map(([name, check]) => examine(name, check))),
        orNothing(catalog.quarantineCount()),
        orNothing(catalog.dags()),
        orNothing(catalog.brokenFiles()),
        orNothing(catalog.workers()),
      ]);
      return c.json(
        {
          version,
          healthy: parts.every(({ healthy }) => healthy),
          parts,
          arrivals: arrivals.counts(),
          throttled: arrivals.throttled(),
          ...(workers && { workers: workers.map(views.worker) }),
          ...(aside !== undefined && { quarantined: aside }),
          ...(dags && {
            dags: {
              inForce: dags.length,
              broken: dags.filter(({ broken }) => broken).map(({ _id }) => _id),
              broken_files: (files ?? []).map(views.brokenFile),
            },
          }),
          temporal_ui: temporal.uiUrl,
        },
        200,
      );
    })
    .openapi(containersRoute, async (c) => {
      const containers = await listLanding(deps);
      const counts = await Promise.all(containers.map(({ name }) => catalog.count(name)));
      return c.json({ containers: containers.map((one, index) => ({ ...one, objects: counts[index] ?? 0 })) }, 200);
    });
}

async function examine(name: string, check: HealthCheck) {
  const start = performance.now();
  const took = () => Math.round(performance.now() - start);
  try {
    await withinPatience(check());
    return { name, healthy: true, took: took() };
  } catch (error) {
    return { name, healthy: false, took: took(), problem: error instanceof Error ? error.message : String(error) };
  }
}

/** The status must come even where the catalog does not answer; its check says so. */
async function orNothing<Value>(value: Promise<Value>): Promise<Value | undefined> {
  return withinPatience(value).catch(() => undefined);
}

async function withinPatience<Value>(value: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`No answer within ${patience / 1000} s.`)), patience);
  return Promise.race([value, late.promise]).finally(() => clearTimeout(timer));
}
