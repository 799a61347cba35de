import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import { objectStates } from "../../sdk/contracts/catalog.ts";
import { type SluiceError, terminal } from "../../sdk/contracts/errors.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import type { ApiDeps } from "./deps.ts";
import { assertLanding, gone, listLanding } from "./landing.ts";
import { answers, createRouter } from "./problem.ts";
import { objectDocument, objectNames, objectPage, objectPath, objectSummary, pageQuery } from "./schemas.ts";
import { trace } from "./trace-schemas.ts";
import type { ObjectSummary } from "./types.ts";
import type { Views } from "./views.ts";

const list = createRoute({
  method: "get",
  path: "/objects",
  summary: "Objects of the catalog, page by page, in the order of containers and keys",
  request: {
    query: pageQuery.extend({
      container: z.string().optional(),
      prefix: z.string().optional().openapi({ description: "Of the key." }),
      state: z.enum(objectStates).optional(),
      type: z.string().optional().openapi({ description: "Content type, with wildcards.", example: "image/*" }),
    }),
  },
  responses: answers(200, "A page of objects", objectPage),
});

const lookUp = createRoute({
  method: "post",
  path: "/objects/states",
  summary: "How many objects are at once; those that the catalog does not know are left out",
  request: { body: { required: true, content: { "application/json": { schema: objectNames } } } },
  responses: answers(200, "The objects", z.object({ objects: z.array(objectSummary).readonly() })),
});

const one = createRoute({
  method: "get",
  path: "/documents/{container}/{key}{.+}",
  summary: "The catalog's document of an object",
  request: { params: objectPath },
  responses: answers(200, "The document", objectDocument),
});

const traces = createRoute({
  method: "get",
  path: "/traces/{container}/{key}{.+}",
  summary: "What happened to an object: its arrivals, its document, its runs task by task, and their failed attempts",
  request: { params: objectPath },
  responses: answers(200, "The trace", trace),
});

export function documentRoutes(deps: ApiDeps, views: Views): OpenAPIHono {
  const { catalog, arrivals } = deps;

  async function known(container: string, key: string) {
    assertLanding(deps, container);
    const document = await catalog.document(container, key);
    if (document) return document;
    throw arrivals.about(container, key).length > 0 ? notTaken(container, key) : gone(container, key);
  }

  return createRouter()
    .openapi(list, async (c) => {
      const { container, cursor, limit, prefix, state, type } = c.req.valid("query");
      if (container !== undefined) assertLanding(deps, container);
      const from = cursor === undefined ? undefined : decodeCursor(cursor);
      const containers = container === undefined ? (await listLanding(deps)).map(({ name }) => name).sort() : [container];
      const objects: ObjectSummary[] = [];
      let complete = true;
      for (const name of containers) {
        if (from && name < from.container) continue;
        const after = from?.container === name ? from.key : undefined;
        // One more than wanted, to know whether there is another page.
        const page = await catalog.list({ container: name, prefix, state, type, after, limit: limit + 1 - objects.length });
        complete &&= page.complete;
        objects.push(...page.documents.map(views.summary));
        if (objects.length > limit) break;
      }
      const shown = objects.slice(0, limit);
      const last = shown.at(-1);
      return c.json({ objects: shown, ...(objects.length > limit && last && { next: encodeCursor(last) }), complete }, 200);
    })
    .openapi(lookUp, async (c) => {
      const byContainer = Map.groupBy(c.req.valid("json").objects, ({ container }) => container);
      for (const container of byContainer.keys()) assertLanding(deps, container);
      const pages = await Promise.all(
        [...byContainer].map(([container, names]) =>
          catalog.documents(
            container,
            names.map(({ key }) => key),
          ),
        ),
      );
      return c.json({ objects: pages.flat().map(views.summary) }, 200);
    })
    .openapi(one, async (c) => {
      const { container, key } = c.req.valid("param");
      return c.json(views.document(await known(container, key)), 200);
    })
    .openapi(traces, async (c) => {
      const { container, key } = c.req.valid("param");
      assertLanding(deps, container);
      const document = await catalog.document(container, key);
      const live = arrivals.about(container, key);
      const told = document || live.length > 0 ? live : arrivals.remembered(container, key);
      if (!document && told.length === 0) throw gone(container, key);
      if (!document) return c.json({ container, key, arrivals: told.map(views.arrival), ...noStory }, 200);
      const story = await catalog.story(document);
      const open = views.openRun(document, story.traces, story.attempts);
      return c.json(
        {
          container,
          key,
          document: views.document(document),
          arrivals: told.map(views.arrival),
          ...views.story(story, await knownRuns(deps, story.traces)),
          ...(open && { open }),
          complete: story.complete,
        },
        200,
      );
    });
}

const noStory = { runs: [], duplicates: [], audit: [], lost: [], complete: true };

function notTaken(container: string, key: string): SluiceError {
  const name = `${container}/${key}`;
  return terminal("NOT_TAKEN_YET", `${name} was announced, and no run has taken it yet: \`sluice trace ${name}\` says what it waits for.`);
}

/** Temporal is asked about no more than this many runs of an object, the latest. */
const asked = 20;

async function knownRuns({ temporal }: ApiDeps, runs: readonly { readonly workflow_id: string; readonly run_id: string }[]) {
  const answers = await Promise.all(
    runs.slice(-asked).map(async ({ workflow_id, run_id }) => [run_id, await temporal.has?.(workflow_id, run_id)] as const),
  );
  return new Map(answers.flatMap(([run, known]) => (known === undefined ? [] : [[run, known] as const])));
}
