import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import {
  createApi,
  createCatalogReader,
  createForgettingRuns,
  createRebuildRuns,
  createReconciliationRuns,
  createReprocessingRuns,
  type ApiDeps,
} from "../../gateway/api/index.ts";
import { apiAuth } from "../../gateway/auth/api-auth.ts";
import { createGatewayClient } from "../../gateway/client.ts";
import { groupBy, nameRun } from "../../gateway/drain/group.ts";
import { openJournal } from "../../gateway/journal/journal.ts";
import { openCatalog } from "../../infra/catalog.ts";
import { readEnvironment } from "../../infra/config.ts";
import { connectTemporalLazily } from "../../infra/temporal.ts";
import { createStores } from "../../infra/stores/index.ts";

/** The REST API over the real store, catalog and journal, with a landing container of its own; no engine behind it. */
export async function serveApi(overrides: Partial<ApiDeps> = {}) {
  const env = readEnvironment();
  const container = `api-${randomBytes(4).toString("hex")}`;
  const token = "test-token";
  const folder = await mkdtemp(join(tmpdir(), "sluice-api-"));
  await using opening = new AsyncDisposableStack();
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const catalog = opening.use(await openCatalog(env));
  opening.defer(async () => void (await catalog.documents(container).drop()));
  const select = groupBy({ count: 50, bytes: 1e6, aloneBytes: 1e6 });
  const journal = opening.use(openJournal({ path: join(folder, "journal.sqlite"), limit: 10_000, select, nameRun, window: 50 }));
  const stores = opening.use(createStores(env));
  const store = stores.get("s3");
  const temporal = opening.use(connectTemporalLazily(env));
  await store.createContainer(container);
  const logged: object[] = [];
  const api = createApi({
    catalog: createCatalogReader(catalog, (name) => name === container),
    arrivals: journal,
    reconciliations: createReconciliationRuns({ client: temporal.client, taskQueue: container }),
    reprocessings: createReprocessingRuns({ client: temporal.client, taskQueue: container, limits: {} }),
    forgettings: createForgettingRuns({ client: temporal.client, taskQueue: container }),
    rebuilds: createRebuildRuns({ client: temporal.client, taskQueue: container }),
    uploads: { admit: () => 0, charge() {} },
    stores,
    isLanding: (name) => name === container,
    temporal: { uiUrl: "http://temporal.test/", namespace: "default" },
    version: "1.2.3",
    checks: {},
    log: { error: (fields) => void logged.push(fields) },
    ...overrides,
  });
  const app = new Hono().use("/v1/*", apiAuth(token)).route("/", api);
  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
  opening.defer(async () => {
    server.close();
    await once(server, "close");
  });
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const request = async (path: string, init: RequestInit = {}) =>
    app.request(path, { ...init, headers: { Authorization: `Bearer ${token}`, ...Object.fromEntries(new Headers(init.headers)) } });
  const address = (kind: string, key: string) => `/v1/${kind}/${container}/${encodeURIComponent(key)}`;
  const closing = opening.move();
  return {
    address,
    api,
    catalog,
    client: createGatewayClient({ url, token }),
    container,
    env: { SLUICE_GATEWAY_URL: url, SLUICE_API_TOKEN: token },
    journal,
    logged,
    put: (key: string, body: string, headers: Record<string, string> = {}) =>
      request(address("objects", key), { method: "PUT", body, headers }),
    request,
    store,
    temporal,
    url,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

export type ServedApi = Awaited<ReturnType<typeof serveApi>>;

/** Names that have been trouble somewhere. */
export const trickyKeys: readonly string[] = [
  "with space.txt",
  " leading and trailing ",
  "deep/er/est.txt",
  "Zürich/naïve ☃ 漢字 😀.json",
  `quotes ' " and \`.txt`,
  "100%.txt",
  "%2F%20.txt",
  "why?.txt",
  "#1.txt",
  "a+b&c=d;e,f:g@h.txt",
  "[1]{2}(3)*!$~^|<>.txt",
  "states",
];
