import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { versionOf, type StoredObject } from "../../infra/stores/object-store.ts";
import type { ApiDeps } from "./deps.ts";
import { assertLanding, gone } from "./landing.ts";
import { answer, answers, createRouter, problemResponse } from "./problem.ts";
import { wantedRange } from "./range.ts";
import { objectPath, upload } from "./schemas.ts";
import { readUploadMetadata } from "./upload-metadata.ts";

const put = createRoute({
  method: "put",
  path: "/objects/{container}/{key}{.+}",
  summary: "Put an object, with what is said about it",
  request: {
    params: objectPath,
    query: z.object({ store: z.string().optional() }),
    headers: z.object({
      "sluice-metadata": z.string().optional().openapi({ description: "base64url of the JSON of an UploadMetadata." }),
    }),
    body: { content: { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } } },
  },
  responses: answers(201, "The store has it; its webhook starts the processing", upload),
});

const get = createRoute({
  method: "get",
  path: "/objects/{container}/{key}{.+}",
  summary: "Content of an object, or a range of it",
  request: { params: objectPath, headers: z.object({ range: z.string().optional() }) },
  responses: {
    200: { description: "All of it", content: { "application/octet-stream": { schema: z.string() } } },
    206: { description: "The range", content: { "application/octet-stream": { schema: z.string() } } },
    416: { description: "The object has no such bytes", content: { "application/octet-stream": { schema: z.string() } } },
    default: problemResponse,
  },
});

export function objectRoutes(deps: ApiDeps): OpenAPIHono {
  const { catalog, stores, uploads } = deps;
  const storeOf = async (container: string, key: string) => stores.get((await catalog.document(container, key))?.store ?? defaultStore);

  return createRouter()
    .openapi(put, async (c) => {
      const { container, key } = c.req.valid("param");
      const { store: name = defaultStore } = c.req.valid("query");
      const said = readUploadMetadata(c.req.valid("header")["sluice-metadata"]);
      assertLanding(deps, container);
      const length = c.req.header("content-length");
      const tenant = { container, user: said.swift_user };
      const wait = uploads.admit(tenant, Number(length ?? 0));
      if (wait > 0) throw tooMuch(container, wait);
      const store = stores.get(name);
      await catalog.announce(container, {
        key,
        store: name,
        user: said.swift_user,
        application: said.application,
        project: said.project,
        dataProcessing: said.data_processing,
        declaredType: said.declared_type,
        metadata: said.other_data,
      });
      const given = c.req.raw.body;
      const body = given && length === undefined ? counted(given, (bytes) => uploads.charge(tenant, bytes)) : given;
      const putting = store.put(container, key, body ?? new Uint8Array(), {
        size: length === undefined ? undefined : Number(length),
        contentType: said.declared_type ?? c.req.header("content-type"),
        signal: c.req.raw.signal,
      });
      const stored = await putting.catch(async (error: unknown) => {
        await catalog.withdraw(container, key);
        throw error;
      });
      const { size, etag } = stored;
      return c.json({ container, key, version: versionOf(stored), etag, size }, 201);
    })
    .openapi(get, async (c) => {
      const { container, key } = c.req.valid("param");
      assertLanding(deps, container);
      const store = await storeOf(container, key);
      const asked = c.req.valid("header").range;
      if (asked === undefined && c.req.method !== "HEAD") {
        const { object, body } = await store.get(container, key, { signal: c.req.raw.signal });
        return new Response(ReadableStream.from(body), { headers: { ...contentHeaders(object), "Content-Length": String(object.size) } });
      }
      const object = await store.head(container, key);
      if (!object) throw gone(container, key);
      const range = wantedRange(asked, object.size);
      if (range === "unsatisfiable") {
        return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${object.size}` } });
      }
      const { start, end } = range ?? { start: 0, end: object.size };
      const headers = {
        ...contentHeaders(object),
        "Content-Length": String(end - start),
        ...(range && { "Content-Range": `bytes ${start}-${end - 1}/${object.size}` }),
      };
      const status = range ? 206 : 200;
      if (c.req.method === "HEAD") return new Response(null, { status, headers });
      const { body } = await store.get(container, key, { range, ifEtag: object.etag, signal: c.req.raw.signal });
      return new Response(ReadableStream.from(body), { status, headers });
    });
}

const defaultStore = "s3";

async function* counted(body: AsyncIterable<Uint8Array>, count: (bytes: number) => void) {
  for await (const chunk of body) {
    count(chunk.length);
    yield chunk;
  }
}

/** Before the body is read: whoever waits for the answer need not send it. */
function tooMuch(container: string, wait: number): HTTPException {
  const seconds = Math.ceil(wait / 1_000);
  const detail = `The tenant of ${container} has put as much as it may (SLUICE_TENANTS): nothing of this was kept; send it again in ${seconds} s.`;
  return new HTTPException(429, { res: answer({ status: 429, code: "TENANT_THROTTLED", detail }, String(seconds)) });
}

/** What people upload is shown from the console's own origin: it must not run there. */
function contentHeaders(object: StoredObject) {
  return {
    "Content-Type": object.contentType ?? "application/octet-stream",
    "Accept-Ranges": "bytes",
    ETag: `"${object.etag}"`,
    "Last-Modified": object.lastModified.toUTCString(),
    "Sluice-Version": versionOf(object),
    "Content-Security-Policy": "sandbox",
    "X-Content-Type-Options": "nosniff",
  };
}
