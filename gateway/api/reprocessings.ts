import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import { terminal } from "../../sdk/contracts/errors.ts";
import type { Selection } from "../../sdk/contracts/selection.ts";
import type { ApiDeps } from "./deps.ts";
import { assertLanding } from "./landing.ts";
import { answers, createRouter } from "./problem.ts";
import { dryRun, reprocessingRequest, reprocessingRun, reprocessingRuns, throttle } from "./reprocessing-schemas.ts";
import type { ObjectName } from "./types.ts";
import type { Views } from "./views.ts";
import { whoAsks } from "./who-asks.ts";
import { newMark } from "./workflow-runs.ts";

/** Objects that a dry run names. */
const sampled = 10;

const id = z.object({ id: z.string() });

const start = createRoute({
  method: "post",
  path: "/reprocessings",
  summary: "Process objects again: those that a selection means",
  request: { body: { required: true, content: { "application/json": { schema: reprocessingRequest } } } },
  responses: {
    ...answers(202, "It has been started", reprocessingRun),
    200: { description: "How many it would be", content: { "application/json": { schema: dryRun } } },
  },
});

const list = createRoute({
  method: "get",
  path: "/reprocessings",
  summary: "The last ones, the newest first",
  request: { query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) }) },
  responses: answers(200, "The runs", reprocessingRuns),
});

const one = createRoute({
  method: "get",
  path: "/reprocessings/{id}",
  summary: "How far one is",
  request: { params: id },
  responses: answers(200, "The run", reprocessingRun),
});

const steer = createRoute({
  method: "post",
  path: "/reprocessings/{id}/{action}",
  summary: "Pause, resume or cancel one: what has been started goes on in any case",
  request: { params: id.extend({ action: z.enum(["pause", "resume", "cancel"]) }) },
  responses: answers(202, "It has been told", reprocessingRun),
});

const pace = createRoute({
  method: "patch",
  path: "/reprocessings/{id}",
  summary: "Say how many objects a second it may start; null: as fast as they go",
  request: { params: id, body: { required: true, content: { "application/json": { schema: throttle } } } },
  responses: answers(202, "It has been told", reprocessingRun),
});

export function reprocessingRoutes(deps: ApiDeps, views: Views): OpenAPIHono {
  const { catalog, reprocessings: runs } = deps;

  async function known(of: string) {
    const run = await runs.find(of);
    if (run) return views.reprocessing(run);
    throw terminal("NOT_FOUND", `Temporal knows no reprocessing "${of}" (any more): \`sluice reprocess list\` lists the last ones.`);
  }

  /** Of the objects that are named, those that the catalog does not know. */
  async function unknown({ objects = [] }: Selection): Promise<readonly ObjectName[]> {
    const byContainer = Map.groupBy(objects.map(nameOf), ({ container }) => container);
    const missing = [...byContainer].map(async ([container, names]) => {
      const keys = names.map(({ key }) => key);
      const found = deps.isLanding(container) ? await catalog.documents(container, keys) : [];
      return names.filter(({ key }) => !found.some((document) => document.key === key));
    });
    return (await Promise.all(missing)).flat();
  }

  return createRouter()
    .openapi(start, async (c) => {
      const { dryRun: isDry, ...reprocessing } = c.req.valid("json");
      const { selection } = reprocessing;
      for (const container of selection.containers ?? []) assertLanding(deps, container);
      if (selection.notByCurrent !== undefined && !(await catalog.dag(selection.notByCurrent)))
        throw terminal("NOT_FOUND", `No DAG is called "${selection.notByCurrent}". \`sluice dags list\` lists those in force.`);
      if (isDry) {
        const [count, page] = await Promise.all([catalog.countSelected(selection), catalog.select(selection, sampled)]);
        const sample = page.map((document) => views.summary(document));
        return c.json(
          { count, sample: sample.map(({ container, key, state, content_type, size }) => ({ container, key, state, content_type, size })) },
          200,
        );
      }
      const asked = { action: "reprocess", by: whoAsks(c) } as const;
      const mark = newMark();
      await catalog.audit(mark, { ...asked, selection, workflow_id: `reprocess/${mark}` });
      await runs.start(mark, reprocessing, asked);
      return c.json({ ...(await known(mark)), ...(selection.objects && { unknown: await unknown(selection) }) }, 202);
    })
    .openapi(list, async (c) => c.json({ reprocessings: (await runs.list(c.req.valid("query").limit)).map(views.reprocessing) }, 200))
    .openapi(one, async (c) => c.json(await known(c.req.valid("param").id), 200))
    .openapi(steer, async (c) => {
      const { id: of, action } = c.req.valid("param");
      await runs[action](of);
      return c.json(await known(of), 202);
    })
    .openapi(pace, async (c) => {
      const { id: of } = c.req.valid("param");
      await runs.throttle(of, c.req.valid("json").rate);
      return c.json(await known(of), 202);
    });
}

function nameOf(name: string): ObjectName {
  const slash = name.indexOf("/");
  return { container: name.slice(0, slash), key: name.slice(slash + 1) };
}
