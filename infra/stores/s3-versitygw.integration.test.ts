import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { readEnvironment } from "../config.ts";
import { stopLake } from "../local/lake.ts";
import { freePorts } from "../local/ports.ts";
import { versitygw } from "../local/recipes/versitygw.ts";
import { startServer } from "../local/server.ts";
import { describeObjectStore } from "./contract.ts";
import { s3UnderTest } from "./s3-under-test.ts";

const home = await mkdtemp(join(tmpdir(), "sluice-versitygw-"));
// versitygw does not start unless somebody takes its events.
const receiver = createServer((request, response) => request.resume().once("end", () => response.end())).listen(0, "127.0.0.1");
await once(receiver, "listening");

afterAll(async () => {
  await stopLake(home);
  receiver.close();
  receiver.closeAllConnections();
  await rm(home, { recursive: true, force: true });
});

describeObjectStore("versitygw", async () => {
  const ports = await freePorts();
  const gateway = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const env = readEnvironment({ ...(versitygw.addresses(ports) as NodeJS.ProcessEnv), SLUICE_GATEWAY_URL: gateway });
  await startServer(versitygw, { home, ports, env });
  return s3UnderTest(env);
});
