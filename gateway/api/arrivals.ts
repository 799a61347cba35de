import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import { terminal } from "../../sdk/contracts/errors.ts";
import { type ApiDeps, arrivalStates } from "./deps.ts";
import { answers, createRouter } from "./problem.ts";
import { arrival, pageQuery } from "./schemas.ts";
import type { Views } from "./views.ts";

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

export function arrivalRoutes({ arrivals }: ApiDeps, views: Views): OpenAPIHono {
  return createRouter()
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
