import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freeSwiftPort, type RunningSwift, startSwift, swiftObstacle } from "../../infra/local/recipes/swift.ts";
import { createSwiftStore } from "../../infra/stores/swift.ts";
import { type Engine, startEngine } from "./engine.ts";
import { until } from "./until.ts";

const obstacle = await swiftObstacle();
const container = "swift-landing";
/** Whose objects Swift announces to nobody. */
const quiet = "swift-quiet";

describe.skipIf(obstacle !== undefined)(
  `OpenStack Swift as the lake's store${obstacle === undefined ? "" : ` (${obstacle})`}`,
  { timeout: 90_000 },
  () => {
    const open = new AsyncDisposableStack();
    let engine: Engine;
    let swift: RunningSwift;

    beforeAll(async () => {
      const home = await mkdtemp(join(tmpdir(), "sluice-swift-e2e-"));
      open.defer(() => rm(home, { recursive: true, force: true }));
      const port = await freeSwiftPort();
      const account = {
        SLUICE_SWIFT_AUTH_URL: `http://127.0.0.1:${port}/auth/v1.0`,
        SLUICE_SWIFT_USER: "test:tester",
        SLUICE_SWIFT_KEY: "testing",
      };
      engine = open.use(await startEngine({ containers: [container, quiet], env: account }));
      const pipelineMiddleware = {
        name: "sluice_webhook",
        factory: "sluice_webhook:filter_factory",
        folder: fileURLToPath(new URL("../../infra/swift", import.meta.url)),
        settings: { gateway: engine.env.SLUICE_GATEWAY_URL, secret: "a-webhook-secret", spool: join(home, "spool"), containers: container },
      };
      swift = open.use(await startSwift({ home, port, pipelineMiddleware }));
    }, 180_000);
    afterAll(() => open.disposeAsync());

    it("announces what is put to it, and its objects are read, processed and on record", async () => {
      await using store = createSwiftStore({ authUrl: swift.authUrl, user: swift.user, key: swift.key });
      await store.createContainer(container);
      const readings = [
        { topic: "u4/302/co2", subID: "s1", unitID: "u", value_units: "swift_ppm", value: 412, time: "2026-03-28T11:41:06.000Z" },
      ];
      await store.put(container, "roof/é 1.json", Buffer.from(JSON.stringify(readings)), { contentType: "application/json" });
      const document = await until("the catalog has the object as processed", 60_000, async () => {
        const found = await engine.catalog.documents(container).findOne({ _id: "roof/é 1.json" });
        return found?.state === "processed" ? found : undefined;
      });
      expect(document).toMatchObject({ store: "swift", content_type: "application/json", receipts: [{ sink: "influxdb", count: 1 }] });
      const [receipt] = document.receipts;
      expect(receipt && (await engine.readBack.count(receipt))).toBe(1);
    });

    it("lists what nobody announced, and what is known as it is known", async () => {
      await using store = createSwiftStore({ authUrl: swift.authUrl, user: swift.user, key: swift.key });
      await store.createContainer(quiet);
      for (const key of ["a.txt", "é 1.txt"]) await store.put(quiet, key, Buffer.from(key), { contentType: "text/plain" });
      const reconcile = async () => {
        const { id } = await engine.client.reconcile({ container: quiet, grace: 0 });
        return await until("the reconciliation is over", 30_000, async () => {
          const seen = await engine.client.reconciliation(id);
          return seen.state !== "running" && seen;
        });
      };
      expect(await reconcile()).toMatchObject({ state: "completed", listed: 2, found: 2, processed: 2 });
      await store.put(quiet, "a.txt", Buffer.from("newer"), { contentType: "text/plain" });
      expect(await reconcile()).toMatchObject({ listed: 2, known: 1, found: 1, processed: 1, findings: { changed: 1 } });
      await store.delete(quiet, "a.txt");
      expect(await reconcile()).toMatchObject({ listed: 1, known: 1, gone: 1, found: 0 });
    });
  },
);
