import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { readEnvironment } from "./config.ts";
import { createInfluxClient } from "./influx.ts";

it("says that InfluxDB is there while queries that it does not answer take every connection", async () => {
  const queries: string[] = [];
  const server = createServer(({ url = "" }, response) => {
    if (url === "/ping") response.writeHead(204, { "x-influxdb-version": "1.6.7" }).end();
    else queries.push(url);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const influx = createInfluxClient(readEnvironment({ SLUICE_INFLUX_URL: `http://127.0.0.1:${port}` }));
  const hanging = Array.from({ length: 20 }, () => influx.query("SELECT 1").catch(() => "ended"));
  await expect.poll(() => queries.length).toBe(8);
  expect(await influx.ping()).toBe("1.6.7");
  server.closeAllConnections();
  server.close();
  await Promise.all(hanging);
  await influx[Symbol.asyncDispose]();
});
