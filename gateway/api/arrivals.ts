import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import { terminal } from "../../sdk/contracts/errors.ts";
import { versionOf } from "../../infra/stores/object-store.ts";
import { type ApiDeps, arrivalStates } from "./deps.ts";
import { answers, createRouter } from "./problem.ts";
import { arrival, objectNames, pageQuery, reprocessing } from "./schemas.ts";
import type { ObjectName } from "./types.ts";
import type { Views } from "./views.ts";

const reprocess = createRoute({
  method: "post",
  path: "/reprocess",
  summary: "Process objects again, by the DAGs now in force",
  request: { body: { required: true, content: { "application/json": { schema: objectNames } } } },
  responses: answers(202, "The arrivals are journalled; refused are those that the lake does not hold", reprocessing),
});

const one = createRoute({
  method: "get",
  path: "/arrivals/{id}",
  summary: "What became of an arrival",
  request: { params: z.object({ id: z.string() }) },
  responses: answers(200, "The arrival", arrival),
});

const lookUp = createRoute({
  method: "post",
  path: "/arrivals/states",
  summary: "How many arrivals are at once; those that the journal does not know are left out",
  request: {
    body: { required: true, content: { "application/json": { schema: z.object({ ids: z.array(z.string()).max(1_000) }) } } },
  },
  responses: answers(200, "The arrivals", z.object({ arrivals: z.array(arrival).readonly() })),
});

const list = createRoute({
  method: "get",
  path: "/arrivals",
  summary: "Arrivals of one state, as this gateway's journal has them",
  request: { query: pageQuery.pick({ limit: true }).extend({ state: z.enum(arrivalStates).default("waiting") }) },
  responses: answers(200, "The arrivals", z.object({ arrivals: z.array(arrival).readonly() })),
});

export function arrivalRoutes({ arrivals, catalog, stores, isLanding }: ApiDeps, views: Views): OpenAPIHono {
  /** The object as an arrival, by what the store says now; undefined where it holds none. */
  async function arrivalOf({ container, key }: ObjectName, time: string) {
    if (!isLanding(container)) return undefined;
    const store = (await catalog.document(container, key))?.store ?? "s3";
    const stored = await stores.get(store).head(container, key);
    if (!stored) return undefined;
    const { size, etag, contentType } = stored;
    const version = versionOf(stored);
    return { store, tenant: container, container, key, version, etag, size, contentType, time, door: "reprocess" as const };
  }

  return createRouter()
    .openapi(reprocess, async (c) => {
      const { objects } = c.req.valid("json");
      const time = new Date().toISOString();
      const found = await inTurns(objects, (object) => arrivalOf(object, time));
      const journalled = found.filter((one) => one !== undefined);
      const ids = journalled.length > 0 ? await arrivals.add(journalled) : [];
      const accepted = journalled.map(({ container, key }, index) => ({ container, key, arrival: ids[index] ?? "" }));
      const refused = objects
        .filter((_, index) => !found[index])
        .map((object) => ({ ...object, reason: `The lake holds no object ${object.container}/${object.key}.` }));
      return c.json({ accepted, refused }, 202);
    })
    .openapi(one, (c) => {
      const { id } = c.req.valid("param");
      const record = arrivals.get(id);
      if (record) return c.json(views.arrival(record), 200);
      const message = `The journal does not know the arrival "${id}". Arrivals that closed long ago are forgotten: ask for the object's trace.`;
      throw terminal("NOT_FOUND", message);
    })
    .openapi(lookUp, (c) => {
      const records = c.req.valid("json").ids.map((id) => arrivals.get(id));
      return c.json({ arrivals: records.filter((record) => record !== undefined).map(views.arrival) }, 200);
    })
    .openapi(list, (c) => {
      const { state, limit } = c.req.valid("query");
      return c.json({ arrivals: arrivals.list(state, limit).map(views.arrival) }, 200);
    });
}

/** Asks the store about a few at a time, so that a long list does not hold it up for others. */
async function inTurns<Item, Result>(items: readonly Item[], each: (item: Item) => Promise<Result>, width = 16) {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += width) {
    results.push(...(await Promise.all(items.slice(from, from + width).map(each))));
  }
  return results;
}
