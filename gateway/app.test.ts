import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { landingContainers } from "../infra/landing.ts";
import { retryable } from "../sdk/contracts/errors.ts";
import { createApp } from "./app.ts";
import { signatureOf } from "./auth/secrets.ts";
import { groupBy, nameRun } from "./drain/group.ts";
import { type Journal, openJournal } from "./journal/journal.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const log = { info() {}, warn() {}, error() {} };

let folder: string;
let journal: Journal;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-app-"));
  const select = groupBy({ count: 50, bytes: 1e6, aloneBytes: 1e6 });
  journal = openJournal({ path: join(folder, "journal.sqlite"), limit: 15_000, select, nameRun, window: 50 });
});
afterEach(async () => {
  await journal[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function app(overrides: Partial<Parameters<typeof createApp>[0]> = {}) {
  return createApp({
    journal,
    isLanding: landingContainers(["campus", "edge-*", "*"]),
    stores: ["s3", "swift"],
    now: () => new Date(now),
    auth: { secrets: ["new", "old"], now: () => now },
    apiToken: "token",
    ready: async () => {},
    log,
    ...overrides,
  });
}

const s3Event = (key: string, container = "campus", eventName = "s3:ObjectCreated:Put") => ({
  eventName,
  eventSource: "minio:s3",
  eventTime: "2026-03-01T11:59:59.000Z",
  s3: { bucket: { name: container }, object: { key, size: 5, eTag: "e" } },
});

async function post(path: string, body: unknown, headers: Record<string, string> = { authorization: "Bearer new" }, target = app()) {
  const raw = body instanceof Uint8Array ? Buffer.from(body) : typeof body === "string" ? body : JSON.stringify(body);
  const response = await target.request(path, { method: "POST", body: raw, headers });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, never> };
}

describe("a webhook's answer", () => {
  it("comes once its records are in the journal, with their ids", async () => {
    const { status, body } = await post("/webhooks/s3", { Records: [s3Event("roof%2F1.json")] });
    expect(status).toBe(200);
    expect(journal.get(body["arrivals"]?.[0] ?? "")).toMatchObject({ state: "waiting", arrival: { key: "roof/1.json" } });
  });

  it("is 2xx for a record that cannot be used, whose reason is kept, and lets its neighbours through", async () => {
    const { status, body } = await post("/webhooks/s3", { Records: [s3Event("a"), { s3: 1 }, s3Event("b", "sluice-work"), s3Event("c")] });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      arrivals: [{}, {}],
      rejected: [{ code: "UNUSABLE_RECORD" }, { code: "NOT_OF_THE_LAKE", key: "b" }],
      ignored: 0,
    });
    expect(journal.list("rejected", 9).map((one) => one.state === "rejected" && one.reason.code)).toEqual([
      "NOT_OF_THE_LAKE",
      "UNUSABLE_RECORD",
    ]);
    expect(journal.counts()).toMatchObject({ waiting: 2, rejected: 2 });
  });

  it("is 400 with line and column for a body that cannot be read", async () => {
    const { status, headers, body } = await post("/webhooks/s3", '{"Records": [\n {"a" 1}]}');
    expect(status).toBe(400);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(body).toMatchObject({ code: "UNREADABLE_BODY", status: 400, detail: expect.stringMatching(/line 2 column 7/) });
    expect((await post("/webhooks/s3", new Uint8Array([0x22, 0xff, 0x22]))).body).toMatchObject({
      detail: expect.stringMatching(/not UTF-8/),
    });
  });

  it("takes 10,000 records in one body", async () => {
    const Records = Array.from({ length: 10_000 }, (_, index) => s3Event(`k${index}`));
    const { status, body } = await post("/webhooks/s3", { Records });
    expect(status).toBe(200);
    expect(body["arrivals"]).toHaveLength(10_000);
    expect(journal.counts().waiting).toBe(10_000);
  });

  it("is 413 for a body beyond every measure", async () => {
    const { status, body } = await post("/webhooks/s3", new Uint8Array(33 * 1024 * 1024));
    expect(status).toBe(413);
    expect(body).toMatchObject({ code: "BODY_TOO_LARGE" });
  });

  it("is 503 with Retry-After while the journal is full, and 2xx again when there is room", async () => {
    const fill = await post("/webhooks/s3", { Records: Array.from({ length: 15_000 }, (_, index) => s3Event(`k${index}`)) });
    expect(fill.status).toBe(200);
    const { status, headers, body } = await post("/webhooks/s3", { Records: [s3Event("late")] });
    expect(status).toBe(503);
    expect(headers.get("retry-after")).toBe("5");
    expect(body).toMatchObject({ code: "JOURNAL_FULL" });
    const run = await journal.queue.take();
    await journal.queue.settle(run?.workflowId ?? "", () => ({ outcome: "processed" }));
    expect((await post("/webhooks/s3", { Records: [s3Event("late")] })).status).toBe(200);
  });

  it("is 503 with Retry-After while the journal's disk fails", async () => {
    const broken = { add: () => Promise.reject(retryable("JOURNAL_UNAVAILABLE", "The journal cannot be used: disk I/O error.")) };
    const { status, headers, body } = await post("/webhooks/s3", { Records: [s3Event("a")] }, undefined, app({ journal: broken }));
    expect(status).toBe(503);
    expect(headers.get("retry-after")).toBe("5");
    expect(body).toMatchObject({ code: "JOURNAL_UNAVAILABLE" });
  });
});

describe("authentication of webhooks", () => {
  const body = JSON.stringify({ Records: [] });
  const signed = (secret: string, at = now, over = body) => {
    const timestamp = String(Math.round(at / 1000));
    return { "sluice-timestamp": timestamp, "sluice-signature": `sha256=${signatureOf(secret, timestamp, Buffer.from(over))}` };
  };
  const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`airflow:${password}`).toString("base64")}` });

  it.each([
    ["the new secret as a bearer token", { authorization: "Bearer new" }],
    ["the old secret as a bearer token", { authorization: "Bearer old" }],
    ["a secret as a password", basic("old")],
    ["a signature with the new secret", signed("new")],
    ["a signature with the old secret", signed("old")],
    ["a signature of 299 seconds ago", signed("new", now - 299_000)],
  ])("lets %s in", async (_, headers) => {
    expect((await post("/webhooks/s3", body, headers)).status).toBe(200);
  });

  it("lets a secret in the address in, for senders that cannot set a header", async () => {
    expect((await post("/webhooks/s3?token=old", body, {})).status).toBe(200);
    expect((await post("/webhooks/s3?token=wrong", body, {})).status).toBe(401);
  });

  it.each([
    ["nothing at all", {}, /shows no secret/],
    ["a wrong token", { authorization: "Bearer nope" }, /none of the valid/],
    ["a wrong password", basic("nope"), /none of the valid/],
    ["a signature with another secret", signed("nope"), /not that of this body/],
    ["a signature of another body", signed("new", now, "{}"), /not that of this body/],
    ["an old timestamp", signed("new", now - 301_000), /301 seconds old, at most 300/],
    ["a timestamp ahead of its time", signed("new", now + 400_000), /400 seconds ahead/],
    ["a timestamp that is none", { ...signed("new"), "sluice-timestamp": "yesterday" }, /no time/],
    ["a signature that is none", { ...signed("new"), "sluice-signature": "abc" }, /64 hex digits/],
    ["a signature without its timestamp", { "sluice-signature": signed("new")["sluice-signature"] }, /one is missing/],
  ])("refuses %s, says why, and keeps nothing", async (_, headers, reason) => {
    const answer = await post("/webhooks/s3", { Records: [s3Event("a")] }, headers);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(answer.body["detail"]).toMatch(reason);
    expect(JSON.stringify(answer.body)).not.toMatch(/"(new|old)"/);
    expect(journal.counts()).toEqual({ waiting: 0, started: 0, rejected: 0 });
  });

  it("lets nothing in where no secret is configured", async () => {
    const closed = app({ auth: { secrets: [], now: () => now } });
    for (const headers of [{ authorization: "Bearer undefined" }, signed("")]) {
      expect((await post("/webhooks/s3", body, headers, closed)).status).toBe(401);
    }
  });

  it("holds for every door", async () => {
    for (const path of [
      "/webhooks/swift/a/campus",
      "/webhooks/cloudevents",
      "/api/experimental/dags/d/dag_runs",
      "/api/v1/dags/d/dagRuns",
      "/api/v2/dags/d/dagRuns",
    ]) {
      expect([path, (await post(path, "{}", {})).status]).toEqual([path, 401]);
    }
  });
});

describe("the other addresses", () => {
  it("answer health without a token, and the API only with the right one", async () => {
    expect((await app().request("/health")).status).toBe(200);
    expect((await app().request("/v1/status")).status).toBe(401);
    expect((await app().request("/v1/status", { headers: { authorization: "Bearer wrong" } })).status).toBe(401);
    expect((await app().request("/v1/status", { headers: { authorization: "Bearer token" } })).status).toBe(503);
    expect((await app({ apiToken: "" }).request("/v1/status", { headers: { authorization: "Bearer " } })).status).toBe(401);
  });

  it("say that the gateway is not ready while it cannot start runs", async () => {
    const waiting = app({ ready: () => Promise.reject(retryable("TEMPORAL_UNAVAILABLE", "Temporal does not answer.")) });
    expect((await waiting.request("/ready")).status).toBe(503);
    expect((await app().request("/ready")).status).toBe(200);
  });

  it("take a Swift object's name as text, whatever is in it", async () => {
    const { body } = await post("/webhooks/swift/AUTH_test/edge-1", "a b/ü%20\"c'+?.csv", { authorization: "Bearer new" });
    expect(journal.get(body["arrivals"]?.[0] ?? "")).toMatchObject({
      arrival: { container: "edge-1", key: "a b/ü%20\"c'+?.csv", store: "swift" },
    });
  });

  it("answer the predecessor's trigger as Airflow would, with an id by which the arrival is found", async () => {
    const conf = { swift_id: "42", swift_container: "campus", swift_user: "ana", swift_version: "1" };
    const first = await post("/api/experimental/dags/new_input/dag_runs", { conf });
    expect(first).toMatchObject({ status: 200, body: { run_id: expect.any(String), message: expect.stringMatching(/new_input/) } });
    for (const version of ["v1", "v2"]) {
      const { body } = await post(`/api/${version}/dags/new_input/dagRuns`, { conf });
      expect(body).toMatchObject({ dag_id: "new_input", state: "queued", conf });
      expect(journal.get(body["dag_run_id"] ?? "")).toMatchObject({
        arrival: { door: "predecessor", key: "42", swiftId: "42", user: "ana" },
      });
    }
    const refused = await post("/api/v2/dags/new_input/dagRuns", { conf: { swift_id: "42" } });
    expect(refused).toMatchObject({ status: 200, body: { state: "failed", note: expect.stringMatching(/swift_container/) } });
  });

  it("say what is not there", async () => {
    expect(await post("/webhooks/gcs", {})).toMatchObject({ status: 404, body: { code: "NO_SUCH_ADDRESS" } });
    expect((await post("/api/v3/dags/d/dagRuns", {})).status).toBe(404);
  });
});
