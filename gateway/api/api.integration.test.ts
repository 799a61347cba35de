import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CatalogDocument, TraceDocument } from "../../sdk/contracts/catalog.ts";
import { fingerprintOf } from "../../sdk/contracts/errors.ts";
import { versionOf } from "../../infra/stores/object-store.ts";
import { type ServedApi, serveApi, trickyKeys } from "../../tests/gateway/api-server.ts";

let gateway: ServedApi;

beforeAll(async () => {
  gateway = await serveApi({
    checks: { well: async () => {}, ill: () => Promise.reject(new Error("It is down: start it.")) },
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const address = (kind: string, key: string) => `/v1/${kind}/${gateway.container}/${encodeURIComponent(key)}`;
const put = (key: string, body: string, headers: Record<string, string> = {}) =>
  gateway.request(address("objects", key), { method: "PUT", body, headers });
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("PUT and GET of objects", () => {
  it.each(trickyKeys)("gives back what was put as %j, and its document", async (key) => {
    const upload = await gateway.client.put(gateway.container, key, `content of ${key}`, { type: "text/plain" });
    expect(upload).toMatchObject({ container: gateway.container, key });

    const content = await gateway.client.get(gateway.container, key);
    expect(await content.text()).toBe(`content of ${key}`);
    expect(content.headers.get("Sluice-Version")).toBe(upload.version);
    expect(await gateway.client.document(gateway.container, key)).toMatchObject({ key, container: gateway.container, state: "announced" });
    expect(await gateway.store.head(gateway.container, key)).toMatchObject({ key, contentType: "text/plain" });
  });

  it("takes a key whose slashes are not encoded", async () => {
    const response = await gateway.request(`/v1/objects/${gateway.container}/a/b%20c.txt`, { method: "PUT", body: "x" });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ key: "a/b c.txt" });
  });

  it("writes what the uploader says into the catalog before the store has the object", async () => {
    const said = {
      declared_type: "text/csv",
      application: "wéather ☃",
      project: "roof",
      swift_user: "alice",
      data_processing: "custom",
      other_data: { template: { measurement: "kind", time: "at", fields: ["v"], tags: [] } },
    };
    const response = await put("said.bin", "a,b\n", { "Sluice-Metadata": encoded(said), "Content-Type": "application/octet-stream" });
    expect(response.status).toBe(201);
    expect(await gateway.client.document(gateway.container, "said.bin")).toMatchObject(said);
    expect(await gateway.store.head(gateway.container, "said.bin")).toMatchObject({ contentType: "text/csv" });
  });

  it("answers with the version that a claim of the object will see", async () => {
    const upload = (await (await put("version.txt", "x")).json()) as { version: string };
    const stored = await gateway.store.head(gateway.container, "version.txt");
    expect(upload.version).toBe(stored && versionOf(stored));
  });

  it("streams a body of unknown length", async () => {
    const block = randomBytes(1 << 20);
    const body = ReadableStream.from(
      (function* () {
        for (let i = 0; i < 24; i += 1) yield block;
      })(),
    );
    const upload = await gateway.client.put(gateway.container, "large.bin", body);
    expect(upload.size).toBe(24 << 20);
    const content = new Uint8Array(await (await gateway.client.get(gateway.container, "large.bin")).arrayBuffer());
    expect(Buffer.compare(content.subarray(23 << 20), block)).toBe(0);
  });

  it("stores an empty object", async () => {
    expect(await gateway.client.put(gateway.container, "empty", new Uint8Array(), { size: 0 })).toMatchObject({ size: 0 });
    expect(await (await gateway.client.get(gateway.container, "empty")).text()).toBe("");
  });

  it.each([
    ["bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-2", 206, "89", "bytes 8-9/10"],
    ["bytes=8-99", 206, "89", "bytes 8-9/10"],
    ["bytes=0-1,3-4", 200, "0123456789", null],
    ["bytes=10-", 416, "", "bytes */10"],
  ])("answers the range %s with %i", async (range, status, content, contentRange) => {
    await put("digits", "0123456789");
    const response = await gateway.request(address("objects", "digits"), { headers: { Range: range } });
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(content);
    expect(response.headers.get("Content-Range")).toBe(contentRange);
  });

  it("answers HEAD without reading the content, and keeps uploads from running in the console", async () => {
    await put("page.html", "<script>alert(1)</script>", { "Content-Type": "text/html" });
    const response = await gateway.request(address("objects", "page.html"), { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Length")).toBe("25");
    expect(response.headers.get("Content-Security-Policy")).toBe("sandbox");
    expect(await response.text()).toBe("");
  });
});

const problemOf = async (response: Response) => {
  expect(response.headers.get("Content-Type")).toBe("application/problem+json");
  return { status: response.status, ...((await response.json()) as { code: string; detail: string }) };
};

describe("problems", () => {
  it("says that an object is not there", async () => {
    for (const kind of ["objects", "documents", "traces"]) {
      expect(await problemOf(await gateway.request(address(kind, "nowhere")))).toMatchObject({ status: 404, code: "OBJECT_GONE" });
    }
  });

  it("keeps to the landing containers", async () => {
    const asked = [
      gateway.request("/v1/objects/sluice-code/x", { method: "PUT", body: "x" }),
      gateway.request("/v1/objects/sluice-code/x"),
      gateway.request("/v1/documents/elsewhere/x"),
      gateway.request("/v1/objects?container=elsewhere"),
    ];
    for (const response of await Promise.all(asked)) {
      expect(await problemOf(response)).toMatchObject({ status: 404, code: "NOT_A_LANDING_CONTAINER" });
    }
    expect(await gateway.catalog.containers()).not.toContain("elsewhere");
  });

  it.each([
    ["no base64url", "%%%"],
    ["no JSON", Buffer.from("{").toString("base64url")],
    ["an unknown field", encoded({ colour: "red" })],
  ])("refuses metadata with %s, naming what is expected", async (_, header) => {
    const problem = await problemOf(await put("x", "x", { "Sluice-Metadata": header }));
    expect(problem).toMatchObject({ status: 400, code: "MALFORMED_METADATA" });
    expect(problem.detail).toContain("Expected base64url of a JSON object");
  });

  it("names each field of a query that is wrong", async () => {
    const problem = await problemOf(await gateway.request("/v1/objects?state=lost&limit=0"));
    expect(problem).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
    expect(problem.detail).toMatch(/limit: .*state: /);
  });

  it("refuses a body that is no JSON", async () => {
    const response = await gateway.request("/v1/reprocessings", {
      method: "POST",
      body: "{",
      headers: { "Content-Type": "application/json" },
    });
    expect(await problemOf(response)).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
  });

  it("refuses a cursor that it did not give out", async () => {
    expect(await problemOf(await gateway.request("/v1/objects?cursor=abc"))).toMatchObject({ status: 400, code: "MALFORMED_CURSOR" });
  });

  it("passes on why the store refuses an object, and takes its announcement back", async () => {
    const problem = await problemOf(await put("two//slashes", "x"));
    expect(problem).toMatchObject({ status: 422, code: "STORE_REFUSED" });
    expect((await gateway.request(address("documents", "two//slashes"))).status).toBe(404);
  });

  it("asks for the token", async () => {
    expect((await gateway.request("/v1/status", { headers: { Authorization: "Bearer wrong" } })).status).toBe(401);
  });
});

describe("lists", () => {
  it("goes through all objects page by page, by prefix, state and type", async () => {
    const keys = ["list/1.csv", "list/2.csv", "list/3.png", "list/(4).png", "lists/5.csv"];
    for (const key of keys) await put(key, "x");
    await gateway.catalog
      .documents(gateway.container)
      .updateMany({ _id: { $in: ["list/3.png", "list/(4).png"] } }, { $set: { state: "processed", content_type: "image/png" } });

    const found = async (query: object) =>
      (await Array.fromAsync(gateway.client.allObjects({ container: gateway.container, limit: 2, ...query }))).map(({ key }) => key);
    expect(await found({ prefix: "list/" })).toEqual(keys.slice(0, 4).sort());
    expect(await found({ prefix: "list/(" })).toEqual(["list/(4).png"]);
    expect(await found({ prefix: "list", state: "processed" })).toEqual(["list/(4).png", "list/3.png"]);
    expect(await found({ type: "image/*" })).toEqual(["list/(4).png", "list/3.png"]);
    expect(await found({ type: "image" })).toEqual([]);
  });

  it("lists all landing containers together where none is named", async () => {
    const { objects } = await gateway.client.objects({ prefix: "list/1" });
    expect(objects).toMatchObject([{ container: gateway.container, key: "list/1.csv" }]);
    expect(await gateway.client.containers()).toMatchObject([{ name: gateway.container, store: "s3" }]);
  });

  it("says how many objects are at once, and leaves out those unknown", async () => {
    const names = ["list/1.csv", "unknown"].map((key) => ({ container: gateway.container, key }));
    expect(await gateway.client.states(names)).toMatchObject([{ key: "list/1.csv", state: "announced" }]);
  });
});

describe("traces", () => {
  it("shows the runs of an object in order, with attempts and links to the Temporal UI", async () => {
    const key = "traced é.csv";
    const { catalog, container } = gateway;
    await put(key, "x");
    await catalog.documents(container).updateOne({ _id: key }, { $set: { run_id: "run-2", workflow_id: `ingest/${key}` } });
    const failure = {
      code: "SINK_UNAVAILABLE",
      kind: "retryable" as const,
      message: "down",
      fingerprint: fingerprintOf("SINK_UNAVAILABLE", "write", "down"),
    };
    const trace = (run: string, claimed: string): TraceDocument => ({
      _id: `${run}/${container}/${key}`,
      container,
      key,
      version: "1",
      swift_object_id: "1",
      workflow_id: `ingest/${key}`,
      run_id: run,
      door: "s3",
      announced: claimed,
      claimed,
      closed: claimed,
      content_type: "text/csv",
      type_by: "extension",
      outcome: "processed",
      dags: [
        { dag: "d", plan: "p", code: {}, outcome: "success", steps: [{ node: "write", task: "write", status: "success", attempt: 2 }] },
      ],
    });
    await catalog.traces.insertMany([trace("run-2", "2026-01-02T00:00:00.000Z"), trace("run-1", "2026-01-01T00:00:00.000Z")]);
    await catalog.attempts.insertOne({
      _id: `run-2/${container}/${key}/write/1`,
      run_id: "run-2",
      container,
      key,
      task: "write",
      attempt: 1,
      at: new Date(),
      failure,
    });

    const { document, runs, complete } = await gateway.client.trace(container, key);
    expect(complete).toBe(true);
    expect(document.key).toBe(key);
    expect(runs.map(({ run_id }) => run_id)).toEqual(["run-1", "run-2"]);
    expect(runs[0]?.attempts).toEqual([]);
    expect(runs[1]?.attempts).toMatchObject([{ task: "write", attempt: 1, failure: { code: "SINK_UNAVAILABLE" } }]);
    expect(runs[1]?.link).toBe("http://temporal.test/namespaces/default/workflows/ingest%2Ftraced%20%C3%A9.csv/run-2/history");
    await catalog.traces.deleteMany({ container });
    await catalog.attempts.deleteMany({ container });
  });

  it("names the DAGs of the last run only", async () => {
    const operation = (dag_id: string, run_id: string) => ({
      execution_date: new Date(),
      dag_id,
      operation_instance: run_id,
      workflow_id: "w",
      run_id,
      plan: "p",
      code: {},
    });
    await put("dags.csv", "x");
    const operations: Partial<CatalogDocument> = {
      run_id: "2",
      successful_operations: [operation("old", "1"), operation("one", "2")],
      failed_operations: [operation("two", "2")],
    };
    await gateway.catalog.documents(gateway.container).updateOne({ _id: "dags.csv" }, { $set: operations });
    expect(await gateway.client.document(gateway.container, "dags.csv")).toMatchObject({ dags: ["one", "two"] });
  });
});

describe("reprocessings", () => {
  it("count and show what a selection means, and start nothing, when they are tried", async () => {
    for (const number of [1, 2, 3]) await put(`tried/${number}.txt`, "again");
    const selection = { containers: [gateway.container], key: "tried/[12].txt", states: ["announced" as const] };
    expect(await gateway.client.tryReprocess({ selection })).toMatchObject({
      count: 2,
      sample: [{ key: "tried/1.txt", state: "announced" }, { key: "tried/2.txt" }],
    });
    expect(await gateway.client.tryReprocess({ selection: { containers: [gateway.container], key: "tried/*" } })).toMatchObject({
      count: 0,
    });
  });

  it("are started, found and cancelled though no worker is there; named objects that the lake does not hold are told", async () => {
    await put("again.txt", "again");
    const objects = [`${gateway.container}/again.txt`, `${gateway.container}/never`, "sluice-code/x"];
    const started = await gateway.client.reprocess({ selection: { objects }, rate: 5 });
    expect(started).toMatchObject({
      state: "running",
      started: 0,
      link: expect.stringContaining(encodeURIComponent(`reprocess/${started.id}`)),
      unknown: [{ key: "never" }, { container: "sluice-code", key: "x" }],
    });
    expect(await gateway.client.reprocessing(`reprocess/${started.id}`)).toMatchObject({ id: started.id });
    expect(await gateway.catalog.audit.findOne({ _id: `reprocess/${started.id}` })).toMatchObject({
      action: "reprocess",
      selection: { objects },
    });
    await expect.poll(async () => (await gateway.client.reprocessings()).map(({ id }) => id), { timeout: 10_000 }).toContain(started.id);
    await gateway.temporal.client.workflow.getHandle(started.workflow_id).terminate();
    expect(await gateway.client.reprocessing(started.id)).toMatchObject({ state: "cancelled" });
    await expect(gateway.client.throttleReprocessing(started.id, 3)).rejects.toMatchObject({ code: "REPROCESSING_ENDED" });
  });

  it("are refused where they make no sense, saying what does", async () => {
    const start = async (body: object) =>
      await problemOf(
        await gateway.request("/v1/reprocessings", {
          method: "POST",
          body: JSON.stringify(body),
          headers: { "Content-Type": "application/json" },
        }),
      );
    expect(await start({})).toMatchObject({ status: 400, detail: expect.stringContaining("selection") });
    expect(await start({ selection: { state: "failed" } })).toMatchObject({ status: 400, detail: expect.stringContaining("state") });
    expect(await start({ selection: { containers: ["sluice-code"] } })).toMatchObject({ code: "NOT_A_LANDING_CONTAINER" });
    expect(await start({ selection: { notByCurrent: "no such dag" } })).toMatchObject({ code: "NOT_FOUND" });
    await expect(gateway.client.reprocessing("none")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("arrivals", () => {
  it("says where to look when it does not know an arrival", async () => {
    await expect(gateway.client.arrival("gone-1")).rejects.toMatchObject({ code: "NOT_FOUND", message: expect.stringContaining("trace") });
  });
});

describe("the lake", () => {
  it("says which part is not well, and why", async () => {
    expect(await gateway.client.status()).toMatchObject({
      version: "1.2.3",
      healthy: false,
      parts: [
        { name: "well", healthy: true },
        { name: "ill", healthy: false, problem: "It is down: start it." },
      ],
      arrivals: { started: 0 },
    });
  });

  it("shows a DAG with its plan, and lists DAGs without", async () => {
    const _id = `dag of ${gateway.container}`;
    await gateway.catalog.dags.insertOne({
      _id,
      plan_hash: "h",
      code: { t: "c" },
      file: "f.ts",
      plan: { nodes: [] },
      published: new Date(),
      source: "user",
    });
    expect((await gateway.client.dags()).find(({ name }) => name === _id)).not.toHaveProperty("plan");
    expect(await gateway.client.dag(_id)).toMatchObject({ name: _id, plan: { nodes: [] }, code: { t: "c" } });
    await gateway.catalog.dags.deleteOne({ _id });
    await expect(gateway.client.dag(_id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("describes itself, with keys as path parameters", async () => {
    const description = (await (await gateway.request("/openapi.json")).json()) as { paths: Record<string, object> };
    expect(Object.keys(description.paths["/v1/objects/{container}/{key}"] ?? {})).toEqual(["put", "get"]);
    expect(Object.keys(description.paths)).toContain("/v1/reprocessings/{id}");
  });

  it("says what to do when no gateway answers", async () => {
    const { createGatewayClient } = await import("../client.ts");
    const client = createGatewayClient({ url: "http://127.0.0.1:9", token: "" });
    await expect(client.status()).rejects.toMatchObject({ code: "GATEWAY_UNREACHABLE", message: expect.stringContaining("sluice up") });
  });
});
