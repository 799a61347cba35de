import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "minio";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Environment, readEnvironment } from "../../infra/config.ts";
import { landingContainers } from "../../infra/landing.ts";
import { stopLake } from "../../infra/local/lake.ts";
import { freePorts, type LakePorts } from "../../infra/local/ports.ts";
import type { Recipe } from "../../infra/local/recipe.ts";
import { recipes } from "../../infra/local/recipes/index.ts";
import { connectS3, createContainers, notifyGateway } from "../../infra/local/s3.ts";
import { startServer } from "../../infra/local/server.ts";
import { createApp } from "../app.ts";
import { groupBy, nameRun } from "../drain/group.ts";
import { type Journal, openJournal } from "../journal/journal.ts";
import { type Listening, listen } from "../server.ts";

/** What a store can hold and a filesystem too. */
const keys = ["plain.csv", "a folder/a b.csv", "ü/日本 ☃.json", '100% of "it\'s" + more.txt', "q?a=1&b#c.csv", "%2F%41+.csv"];
const content = "time,value\n1,2\n";
const patience = { timeout: 30_000, interval: 50 };

let home: string;
let ports: LakePorts;
let journal: Journal;
let server: Listening;
/** Off: the webhooks are answered 503. */
let open = true;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "sluice-doors-"));
  ports = await freePorts();
  const select = groupBy({ count: 50, bytes: 1e6, aloneBytes: 1e6 });
  journal = openJournal({ path: join(home, "journal.sqlite"), limit: 1_000, select, nameRun, window: 50 });
  const app = createApp({
    journal,
    isLanding: landingContainers(["campus"]),
    stores: ["s3"],
    now: () => new Date(),
    auth: { secrets: ["s3cr3t"] },
    apiToken: "",
    ready: async () => {},
    log: { info() {}, warn() {}, error() {} },
  });
  server = await listen(`http://127.0.0.1:${ports.gateway}`, (request) =>
    open ? app.fetch(request) : new Response(null, { status: 503 }),
  );
}, 120_000);

afterAll(async () => {
  await stopLake(home);
  await server[Symbol.asyncDispose]();
  await journal[Symbol.asyncDispose]();
  rmSync(home, { recursive: true, force: true });
});

async function start(recipe: Recipe): Promise<{ client: Client; env: Environment }> {
  const env = readEnvironment({
    ...process.env,
    ...recipe.addresses(ports),
    SLUICE_S3_ACCESS_KEY: "sluice",
    SLUICE_S3_SECRET_KEY: "sluice-secret",
    SLUICE_GATEWAY_URL: server.url,
    SLUICE_WEBHOOK_SECRETS: "s3cr3t",
    SLUICE_CONTAINERS: "campus,elsewhere",
  });
  await startServer(recipe, { home, ports, env });
  await createContainers(env);
  return { client: connectS3(env), env };
}

async function arrivalsAfter(act: () => Promise<unknown>, count: number) {
  const known = new Set(journal.list("waiting", 1_000).map((one) => one.id));
  await act();
  const fresh = () => journal.list("waiting", 1_000).flatMap((one) => (known.has(one.id) || one.state !== "waiting" ? [] : [one.arrival]));
  await expect.poll(() => fresh().length, patience).toBe(count);
  return fresh();
}

/** versitygw cannot send a header: the secret stands in the address. */
const versitygw: Recipe = {
  ...recipes.versitygw,
  async launch(settings) {
    const { args, ...rest } = await recipes.versitygw.launch(settings);
    const url = args.indexOf("--event-webhook-url") + 1;
    return { ...rest, args: args.with(url, `${server.url}/webhooks/s3?token=s3cr3t`) };
  },
};

describe.each([
  ["MinIO", recipes.minio, notifyGateway],
  ["versitygw", versitygw, async () => {}],
] as const)("%s", (_, recipe, notify) => {
  let client: Client;
  beforeAll(async () => {
    const started = await start(recipe);
    client = started.client;
    await notify(started.env);
  }, 120_000);

  it("tells of every object that lands, whatever its key, with its size and etag", async () => {
    const etags = new Map<string, string>();
    const arrivals = await arrivalsAfter(async () => {
      for (const key of keys) etags.set(key, (await client.putObject("campus", key, content)).etag);
    }, keys.length);
    expect(arrivals.map((one) => one.key).toSorted()).toEqual(keys.toSorted());
    for (const one of arrivals) {
      expect(one).toMatchObject({
        store: "s3",
        container: "campus",
        size: content.length,
        etag: etags.get(one.key),
        user: "sluice",
        door: "s3",
      });
    }
  });

  it("tells of multipart uploads, and of nothing that brings no content", async () => {
    const arrivals = await arrivalsAfter(async () => {
      await client.putObject("campus", "small", content);
      await client.setObjectTagging("campus", "small", { a: "b" });
      await client.removeObject("campus", "small");
      const upload = await client.initiateNewMultipartUpload("campus", "large.bin", {});
      const part = await client.uploadPart(
        { bucketName: "campus", objectName: "large.bin", uploadID: upload, partNumber: 1, headers: {} },
        Buffer.alloc(1_000),
      );
      await client.completeMultipartUpload(
        "campus",
        "large.bin",
        upload,
        [part].map(({ etag }) => ({ part: 1, etag })),
      );
    }, 2);
    expect(arrivals.map((one) => one.key)).toEqual(expect.arrayContaining(["small", "large.bin"]));
  });

  it("is answered 2xx for a container that is not the lake's, and the reason is kept", async () => {
    const before = journal.counts().rejected;
    await client.putObject("elsewhere", "x.csv", content);
    await expect.poll(() => journal.counts().rejected, patience).toBe(before + 1);
    expect(journal.list("rejected", 1)).toMatchObject([
      { arrival: { container: "elsewhere", key: "x.csv" }, reason: { code: "NOT_OF_THE_LAKE" } },
    ]);
  });
});

describe("MinIO", () => {
  it("keeps its events while it is answered 503, and sends them in order once it is not", async () => {
    const { client } = await start(recipes.minio);
    const late = ["late/1", "late/2", "late/3"];
    open = false;
    const arrivals = await arrivalsAfter(async () => {
      for (const key of late) await client.putObject("campus", key, content);
      open = true;
    }, late.length);
    expect(arrivals.map((one) => one.key)).toEqual(late);
  });
});
