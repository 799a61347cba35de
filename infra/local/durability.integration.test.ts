import { createServer } from "node:http";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectTemporal } from "../temporal.ts";
import { type Lake, startLake, stopLake } from "./lake.ts";
import { freePorts } from "./ports.ts";
import { runningProcess } from "./processes.ts";
import type { ServerName } from "./recipe.ts";
import { connectS3, notifyGateway } from "./s3.ts";

describe("a lake that was stopped", () => {
  let home: string;
  const up = async (servers: readonly ServerName[], env: NodeJS.ProcessEnv = {}): Promise<Lake> =>
    await startLake({ home, servers, env: { SLUICE_CONTAINERS: "landing", ...env }, ports: await freePorts() });

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "sluice-durable-"));
  });

  afterEach(async () => {
    await stopLake(home);
    await rm(home, { recursive: true });
  });

  async function kill(name: string): Promise<void> {
    const record = await runningProcess(home, name);
    process.kill(record?.pid ?? 0, "SIGKILL");
    await expect.poll(() => runningProcess(home, name), { timeout: 30_000 }).toBeUndefined();
  }

  it("has every document that the stand-in of MongoDB acknowledged before it was killed", async () => {
    const first = await up(["mongo"]);
    const acknowledged: number[] = [];
    {
      await using client = new MongoClient(first.settings.SLUICE_MONGO_URL, { serverSelectionTimeoutMS: 500 });
      const numbers = client.db("test").collection<{ _id: number }>("numbers");
      const writing = (async () => {
        for (let number = 0; ; number += 1) {
          await numbers.insertOne({ _id: number });
          acknowledged.push(number);
        }
      })();
      writing.catch(() => {});
      await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(200);
      await kill("mongo");
      await expect(writing).rejects.toThrow();
    }
    const second = await up(["mongo"]);
    await using client = new MongoClient(second.settings.SLUICE_MONGO_URL);
    const found = await client.db("test").collection<{ _id: number }>("numbers").find().toArray();
    expect(found.map(({ _id }) => _id)).toEqual(expect.arrayContaining(acknowledged));
  });

  it("has told the gateway of objects that landed while there was no gateway", async () => {
    const bodies: string[] = [];
    const authorizations = new Set<string | undefined>();
    const gateway = createServer((request, response) => {
      authorizations.add(request.headers.authorization);
      request.on("data", (chunk: Buffer) => bodies.push(chunk.toString()));
      request.on("end", () => response.writeHead(202).end());
    });
    gateway.listen(0, "127.0.0.1");
    await once(gateway, "listening");
    const { port } = gateway.address() as AddressInfo;
    gateway.close();

    const { settings } = await up(["minio"], { SLUICE_GATEWAY_URL: `http://127.0.0.1:${port}` });
    await notifyGateway(settings);
    await connectS3(settings).putObject("landing", "früh/a b%.csv", "1,2");
    gateway.listen(port, "127.0.0.1");
    await expect.poll(() => bodies.join(""), { timeout: 30_000 }).toContain("fr%C3%BCh%2Fa+b%25.csv");
    expect([...authorizations]).toContain(`Bearer ${settings.SLUICE_WEBHOOK_SECRETS[0]}`);
    gateway.closeAllConnections();
    gateway.close();
  });

  it("starts runs with search attributes as soon as it is up, and has every one that it answered for before it was killed", async () => {
    const answered: string[] = [];
    for (const turn of ["first", "second"]) {
      const { settings } = await up(["temporal"]);
      await using temporal = await connectTemporal(settings);
      const { customAttributes } = await temporal.connection.operatorService.listSearchAttributes({ namespace: temporal.namespace });
      expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(["SluiceContainer", "SluicePlan"]));
      const start = async (number: number) => {
        const workflowId = `${turn}/${number}`;
        await temporal.client.workflow.start("nothing", {
          taskQueue: "nobody",
          workflowId,
          searchAttributes: { SluiceContainer: ["landing"], SluiceDag: ["a", "b"] },
        });
        answered.push(workflowId);
      };
      await Promise.all(Array.from({ length: 20 }, (_, number) => start(number)));
      await kill("temporal");
    }
    const { settings } = await up(["temporal"]);
    await using temporal = await connectTemporal(settings);
    const states = await Promise.all(answered.map(async (id) => (await temporal.client.workflow.getHandle(id).describe()).status.name));
    expect(states).toEqual(Array(40).fill("RUNNING"));
  });
});
