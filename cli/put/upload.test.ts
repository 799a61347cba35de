import { createServer } from "node:http";
import { once } from "node:events";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGatewayClient } from "../../gateway/client.ts";
import { inParallel, uploadFile } from "./upload.ts";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "sluice-upload-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("uploadFile", () => {
  it("streams a file with its length, and never holds more than a part of it", { timeout: 30_000 }, async () => {
    const size = 256 << 20;
    const file = join(folder, "large.bin");
    await writeFile(file, "");
    await truncate(file, size);
    let received = 0;
    let lengthSent: string | undefined;
    await using server = createServer(async (request, response) => {
      lengthSent = request.headers["content-length"];
      for await (const chunk of request) received += (chunk as Uint8Array).length;
      response.writeHead(201, { "Content-Type": "application/json" }).end("{}");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = createGatewayClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: "" });

    let held = 0;
    let read = 0;
    await uploadFile(
      client,
      { file, key: "k", size, type: undefined },
      {
        container: "c",
        metadata: {},
        onBytes(amount) {
          read += amount;
          held = Math.max(held, process.memoryUsage().arrayBuffers);
        },
      },
    );
    expect({ received, read, lengthSent }).toEqual({ received: size, read: size, lengthSent: String(size) });
    expect(held).toBeLessThan(size * 0.7);
  });

  it("waits as a gateway says that refuses for now, and sends all of the file again", async () => {
    const size = 8 << 20;
    const file = join(folder, "refused.bin");
    await writeFile(file, "");
    await truncate(file, size);
    let refused = 0;
    let received = 0;
    await using server = createServer(async (request, response) => {
      // As the gateway does: before it has read any of the body.
      if (refused === 0)
        return void response.writeHead(429, { "Retry-After": "1" }).end(JSON.stringify({ code: "C", detail: `${++refused}` }));
      for await (const chunk of request) received += (chunk as Uint8Array).length;
      response.writeHead(201, { "Content-Type": "application/json" }).end("{}");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = createGatewayClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: "" });

    const waits: number[] = [];
    let advanced = 0;
    await uploadFile(
      client,
      { file, key: "k", size, type: undefined },
      { container: "c", metadata: {}, onBytes: (amount) => (advanced += amount), onWait: (seconds) => waits.push(seconds) },
    );
    expect({ refused, received, advanced, waits }).toEqual({ refused: 1, received: size, advanced: size, waits: [1] });
  });
});

describe("inParallel", () => {
  it("does every item once, so many at a time", async () => {
    let running = 0;
    let most = 0;
    const done: number[] = [];
    await inParallel([1, 2, 3, 4, 5], 2, async (item) => {
      most = Math.max(most, (running += 1));
      await Promise.resolve();
      running -= 1;
      done.push(item);
    });
    expect(done).toHaveLength(5);
    expect({ done: new Set(done), most }).toEqual({ done: new Set([1, 2, 3, 4, 5]), most: 2 });
  });
});
