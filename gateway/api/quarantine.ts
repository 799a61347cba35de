import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import { versionOf } from "../../infra/stores/object-store.ts";
import type { QuarantineDocument } from "../../sdk/contracts/catalog.ts";
import { terminal } from "../../sdk/contracts/errors.ts";
import type { ApiDeps } from "./deps.ts";
import { excerptOf } from "./excerpt.ts";
import { selectionOf } from "./failure-reader.ts";
import { assertLanding } from "./landing.ts";
import { answers, createRouter } from "./problem.ts";
import { drop, dropped, failureQuery, quarantined, quarantinedDetail, release, released } from "./quarantine-schemas.ts";
import { objectPath, pageQuery } from "./schemas.ts";
import type { Dropped, ObjectName, QuarantineChoice, QuarantinedDetail, Released } from "./types.ts";
import type { Views } from "./views.ts";
import { whoAsks } from "./who-asks.ts";
import { newMark } from "./workflow-runs.ts";

const list = createRoute({
  method: "get",
  path: "/quarantine",
  summary: "Objects put aside, with the reasons",
  request: { query: failureQuery.extend(pageQuery.shape) },
  responses: answers(200, "A page of them", z.object({ objects: z.array(quarantined).readonly(), next: z.string().optional() })),
});

const one = createRoute({
  method: "get",
  path: "/quarantine/{container}/{key}{.+}",
  summary: "Why an object was put aside, with the piece of it that is wrong",
  request: { params: objectPath },
  responses: answers(200, "The object", quarantinedDetail),
});

const dropRoute = createRoute({
  method: "post",
  path: "/quarantine/drop",
  summary: "Take objects out of quarantine without processing them",
  request: { body: { required: true, content: { "application/json": { schema: drop } } } },
  responses: answers(200, "Those that were dropped, and those that were not there any more", dropped),
});

const releaseRoute = createRoute({
  method: "post",
  path: "/quarantine/release",
  summary: "Process objects in quarantine again, after what was said about them was put right",
  request: { body: { required: true, content: { "application/json": { schema: release } } } },
  responses: answers(202, "The reprocessing that takes them", released),
});

/** Entries that are looked at and changed at once. */
const batch = 500;

export function quarantineRoutes(deps: ApiDeps, views: Views): OpenAPIHono {
  const { catalog, stores } = deps;

  /** The entries that are meant, page by page, and names of objects that are not in quarantine. */
  async function* chosen(
    choice: QuarantineChoice,
  ): AsyncGenerator<{ readonly entries: readonly QuarantineDocument[]; readonly missing: readonly ObjectName[] }> {
    if ("objects" in choice) {
      for (const { container } of choice.objects) assertLanding(deps, container);
      const entries = await catalog.quarantined(choice.objects);
      const there = new Set(entries.map(({ _id }) => _id));
      return yield { entries, missing: choice.objects.filter(({ container, key }) => !there.has(`${container}/${key}`)) };
    }
    for (let after: string | undefined; ;) {
      const entries = await catalog.quarantine({ filter: choice.filter, ...(after !== undefined && { after }), limit: batch });
      if (entries.length > 0) yield { entries, missing: [] };
      if (entries.length < batch) return;
      after = entries.at(-1)?._id;
    }
  }

  async function detail(entry: QuarantineDocument): Promise<QuarantinedDetail> {
    const { container, key, version, reason, content_type: type, size } = entry;
    const document = await catalog.document(container, key);
    const shown = {
      ...views.quarantined(entry),
      other_data: document?.other_data ?? {},
      data_processing: document?.data_processing ?? "default",
      ...(document?.declared_type !== undefined && { declared_type: document.declared_type }),
    };
    try {
      const store = stores.get(document?.store ?? "s3");
      const stored = await store.head(container, key);
      if (!stored || versionOf(stored) !== version) {
        return { ...shown, excerpt_problem: stored ? "The store holds another version by now." : "The store does not hold it any more." };
      }
      async function* read(range: { readonly start: number; readonly end: number }) {
        yield* (await store.get(container, key, { range, ...(stored && { ifEtag: stored.etag }) })).body;
      }
      const excerpt = await excerptOf({ size, type, read }, reason.place);
      return { ...shown, ...(excerpt && { excerpt }) };
    } catch (error) {
      return { ...shown, excerpt_problem: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Takes it out of the store, unless that holds another version by now, which is not what was looked at. */
  async function removed({ container, key, version }: QuarantineDocument): Promise<string> {
    const store = stores.get((await catalog.document(container, key))?.store ?? "s3");
    const stored = await store.head(container, key);
    if (stored && versionOf(stored) !== version) return "not deleted: the store holds another version by now";
    await store.delete(container, key);
    return "deleted from the store";
  }

  return createRouter()
    .openapi(list, async (c) => {
      const { cursor, limit, ...filter } = c.req.valid("query");
      const page = await catalog.quarantine({ filter, ...(cursor !== undefined && { after: cursor }), limit: limit + 1 });
      const shown = page.slice(0, limit);
      const next = page.length > limit ? shown.at(-1)?._id : undefined;
      return c.json({ objects: shown.map(views.quarantined), ...(next && { next }) }, 200);
    })
    .openapi(one, async (c) => {
      const { container, key } = c.req.valid("param");
      assertLanding(deps, container);
      const [entry] = await catalog.quarantined([{ container, key }]);
      if (entry) return c.json(await detail(entry), 200);
      throw terminal("NOT_QUARANTINED", `${container}/${key} is not in quarantine. \`sluice show ${container}/${key}\` says how it is.`);
    })
    .openapi(releaseRoute, async (c) => {
      const { choice, corrections } = c.req.valid("json");
      const refused: Released["refused"][number][] = [];
      let objects = 0;
      for await (const { entries, missing } of chosen(choice)) {
        if (corrections) await catalog.correct(entries, corrections);
        objects += entries.length;
        refused.push(...missing.map((name) => ({ ...name, reason: "It is not in quarantine." })));
      }
      if (objects === 0) return c.json({ objects, refused }, 202);
      const selection = {
        ...("objects" in choice ? { objects: namesOf(choice.objects) } : selectionOf(choice.filter)),
        states: ["quarantined" as const],
      };
      const notes = Object.entries(corrections ?? {}).map(
        ([name, value]) => `${name}: ${typeof value === "string" ? value : Object.keys(value ?? {}).join(", ")}`,
      );
      const asked = { action: "release", by: whoAsks(c), counts: { objects }, notes } as const;
      const reprocessing = newMark();
      const workflow_id = `reprocess/${reprocessing}`;
      await catalog.audit(reprocessing, { ...asked, selection, workflow_id });
      await deps.reprocessings.start(reprocessing, { selection }, asked);
      return c.json({ objects, refused, reprocessing, workflow_id, link: views.link(workflow_id) }, 202);
    })
    .openapi(dropRoute, async (c) => {
      const { choice, delete: remove } = c.req.valid("json");
      const [by, mark] = [whoAsks(c), new Date().toISOString()];
      const answer: { dropped: ObjectName[]; refused: Dropped["refused"][number][] } = { dropped: [], refused: [] };
      for await (const { entries, missing } of chosen(choice)) {
        const gone = new Set(await catalog.drop(entries));
        for (const entry of entries) {
          const { container, key } = entry;
          if (!gone.has(entry)) {
            answer.refused.push({ container, key, reason: "A run has it by now." });
            continue;
          }
          const notes = [`was in quarantine for ${entry.reason.code}`];
          if (remove) notes.push(await removed(entry));
          await catalog.audit(mark, { action: "drop", by, object: entry._id, notes });
          answer.dropped.push({ container, key });
        }
        answer.refused.push(...missing.map((name) => ({ ...name, reason: "It is not in quarantine." })));
      }
      return c.json(answer, 200);
    });
}

function namesOf(objects: readonly ObjectName[]): readonly string[] {
  return objects.map(({ container, key }) => `${container}/${key}`);
}
