import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ServedApi, serveApi } from "../../tests/gateway/api-server.ts";

let gateway: ServedApi;

beforeAll(async () => {
  gateway = await serveApi({
    checks: { well: async () => {}, ill: () => Promise.reject(new Error("It is down: start it.")) },
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

const problemOf = async (response: Response) => {
  expect(response.headers.get("Content-Type")).toBe("application/problem+json");
  return { status: response.status, ...((await response.json()) as { code: string; detail: string }) };
};

describe("problems", () => {
  it("says that an object is not there", async () => {
    for (const kind of ["objects", "documents", "traces"]) {
      expect(await problemOf(await gateway.request(gateway.address(kind, "nowhere")))).toMatchObject({ status: 404, code: "OBJECT_GONE" });
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
    const problem = await problemOf(await gateway.put("x", "x", { "Sluice-Metadata": header }));
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
    const problem = await problemOf(await gateway.put("two//slashes", "x"));
    expect(problem).toMatchObject({ status: 422, code: "STORE_REFUSED" });
    expect((await gateway.request(gateway.address("documents", "two//slashes"))).status).toBe(404);
  });

  it("asks for the token", async () => {
    expect((await gateway.request("/v1/status", { headers: { Authorization: "Bearer wrong" } })).status).toBe(401);
  });
});

describe("lists", () => {
  it("goes through all objects page by page, by prefix, state and type", async () => {
    const keys = ["list/1.csv", "list/2.csv", "list/3.png", "list/(4).png", "lists/5.csv"];
    for (const key of keys) await gateway.put(key, "x");
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

describe("reprocessings", () => {
  it("count and show what a selection means, and start nothing, when they are tried", async () => {
    for (const number of [1, 2, 3]) await gateway.put(`tried/${number}.txt`, "again");
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
    await gateway.put("again.txt", "again");
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
