import { createHmac, randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { freeSwiftPort, startSwift, swiftObstacle } from "../local/recipes/swift.ts";
import type { RunningSwift } from "../local/recipes/swift.ts";

const secret = "s3cret of the gateway";
const obstacle = await swiftObstacle();

type Post = {
  readonly path: string;
  readonly signature: string;
  readonly expected: string;
  readonly age: number;
  readonly event: Record<string, unknown>;
};

describe.skipIf(obstacle !== undefined)(`the webhook of OpenStack Swift${obstacle === undefined ? "" : ` (${obstacle})`}`, () => {
  let home: string;
  let swift: RunningSwift;
  let receiver: Server | undefined;
  let restart: () => Promise<void>;
  let gatewayPort: number;
  const posts: Post[] = [];
  /** What the receiver does with a request once it has been read. */
  let answer: () => Promise<number> = async () => 202;

  const listen = async (port = 0) => {
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.once("end", async () => {
        const body = Buffer.concat(chunks).toString();
        const timestamp = String(request.headers["sluice-timestamp"]);
        posts.push({
          path: request.url ?? "",
          signature: String(request.headers["sluice-signature"]),
          expected: `sha256=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`,
          age: Math.abs(Date.now() / 1000 - Number(timestamp)),
          event: JSON.parse(body) as Record<string, unknown>,
        });
        response.writeHead(await answer()).end();
      });
    }).listen(port, "127.0.0.1");
    await once(receiver, "listening");
    gatewayPort = (receiver.address() as { port: number }).port;
  };
  const silence = async () => {
    receiver?.closeAllConnections();
    await new Promise((resolve) => (receiver ? receiver.close(resolve) : resolve(undefined)));
  };

  type Request = { headers?: Record<string, string>; body?: string | ReadableStream; as?: "owner" | "guest"; query?: string };
  const send = async (method: string, path: string, { headers = {}, body, as = "owner", query = "" }: Request = {}) => {
    const { user, key } = as === "owner" ? swift : swift.guest;
    const auth = await fetch(swift.authUrl, { headers: { "x-auth-user": user, "x-auth-key": key } });
    const address = `${auth.headers.get("x-storage-url")}${encodeURI(path)}${query}`;
    const token = auth.headers.get("x-auth-token") ?? "";
    // As bytes: to a string `fetch` would add a content type of its own.
    const content = typeof body === "string" ? Buffer.from(body) : body;
    return fetch(address, {
      method,
      headers: { ...headers, "x-auth-token": token },
      duplex: "half",
      ...(content !== undefined && { body: content }),
    });
  };
  const ok = async (answered: Promise<Response>) => {
    const response = await answered;
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
    return response;
  };
  const subscribed = async (value = "on") => {
    const container = `hooked-${randomUUID().slice(0, 8)}`;
    await ok(send("PUT", `/${container}`, { headers: { "x-webhook": value } }));
    return container;
  };
  const arrivals = (container: string) => posts.filter((post) => post.event["container"] === container);
  const arrived = (container: string, count = 1) =>
    expect
      .poll(() => arrivals(container).length, { timeout: 30_000, interval: 50, message: `arrivals in ${container}` })
      .toBeGreaterThanOrEqual(count);

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "sluice-webhook-"));
    await listen();
    const port = await freeSwiftPort();
    const settings = {
      gateway: `http://127.0.0.1:${gatewayPort}`,
      secret,
      spool: join(home, "spool"),
      containers: "landing-*",
      allowed_urls: `http://127.0.0.1:${gatewayPort}/elsewhere/*`,
      timeout: "3",
      longest_pause: "1",
    };
    const folder = fileURLToPath(new URL(".", import.meta.url));
    const start = () =>
      startSwift({
        home,
        port,
        pipelineMiddleware: { name: "sluice_webhook", factory: "sluice_webhook:filter_factory", folder, settings },
      });
    swift = await start();
    restart = async () => {
      swift = await start();
    };
  });

  afterEach(() => {
    answer = async () => 202;
  });

  afterAll(async () => {
    await swift?.stop();
    await silence();
    if (home) await rm(home, { recursive: true, force: true });
  });

  it("says who put what where, signed, at the gateway's address for the container", async () => {
    const container = await subscribed();
    const put = await ok(send("PUT", `/${container}/roof/été 1%.csv`, { body: "a,b\n", headers: { "content-type": "text/csv" } }));
    await arrived(container);
    const [post] = arrivals(container);
    const account = String(post?.event["account"]);
    expect(post).toMatchObject({ path: `/webhooks/swift/${account}/${container}`, signature: post?.expected });
    expect(post?.age).toBeLessThan(10);
    expect(post?.event).toEqual({
      event: "PUT",
      account: "AUTH_test",
      container,
      object: "roof/été 1%.csv",
      etag: put.headers.get("etag"),
      size: 4,
      content_type: "text/csv",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      user: "test:tester",
    });
    const spooled = async () => (await readdir(join(home, "spool"))).filter((name) => name.endsWith(".json"));
    await expect.poll(spooled).toEqual([]);
  });

  it("tells of uploads in chunks, of copies and of manifests, with their sizes; not of changed metadata", async () => {
    const container = await subscribed();
    await ok(send("PUT", `/${container}_segments`));
    await ok(send("PUT", `/${container}/chunked.json`, { body: new Blob(["0123456789"]).stream() }));
    await ok(send("POST", `/${container}/chunked.json`, { headers: { "x-object-meta-a": "b" } }));
    await ok(send("COPY", `/${container}/chunked.json`, { headers: { destination: `${container}/copied.json` } }));
    await ok(send("PUT", `/${container}_segments/1`, { body: "part one;" }));
    const manifest = JSON.stringify([{ path: `/${container}_segments/1` }]);
    const slo = await ok(send("PUT", `/${container}/static.csv`, { query: "?multipart-manifest=put", body: manifest }));
    await send("PUT", `/${container}/slow.csv`, { query: "?multipart-manifest=put&heartbeat=on", body: manifest }).then((response) =>
      response.text(),
    );
    await send("PUT", `/${container}/wrong.csv`, {
      query: "?multipart-manifest=put&heartbeat=on",
      body: JSON.stringify([{ path: "/never/1" }]),
    }).then((response) => response.text());
    await ok(send("PUT", `/${container}/dynamic.csv`, { headers: { "x-object-manifest": `${container}_segments/1` }, body: "" }));
    await ok(send("PUT", `/${container}/last`, { body: "" }));
    await arrived(container, 6);
    const found = arrivals(container).map(({ event }) => [event["object"], event["size"], event["content_type"]]);
    expect(new Set(found)).toEqual(
      new Set([
        ["chunked.json", 10, "application/json"],
        ["copied.json", 10, "application/json"],
        ["dynamic.csv", null, "text/csv"],
        ["last", 0, "application/octet-stream"],
        ["slow.csv", 9, "text/csv"],
        ["static.csv", 9, "text/csv"],
      ]),
    );
    expect(arrivals(container).find(({ event }) => event["object"] === "static.csv")?.event["etag"]).toBe(
      slo.headers.get("etag")?.replaceAll('"', ""),
    );
    expect(arrivals(`${container}_segments`)).toEqual([]);
  });

  it("says nothing of containers that nobody asked about, nor once they are unsubscribed", async () => {
    const container = await subscribed();
    const plain = `plain-${container}`;
    await ok(send("PUT", `/${plain}`));
    await ok(send("PUT", `/${plain}/object`, { body: "x" }));
    await ok(send("PUT", `/${container}/first`, { body: "x" }));
    await ok(send("POST", `/${container}`, { headers: { "x-remove-webhook": "true" } }));
    await ok(send("PUT", `/${container}/second`, { body: "x" }));
    await ok(send("POST", `/${container}`, { headers: { "x-webhook": "on" } }));
    await ok(send("PUT", `/${container}/third`, { body: "x" }));
    await arrived(container, 2);
    expect(new Set(arrivals(container).map(({ event }) => event["object"]))).toEqual(new Set(["first", "third"]));
    expect(arrivals(plain)).toEqual([]);
  });

  it("covers containers that the cluster names, unless their owner opts out", async () => {
    await ok(send("PUT", "/landing-quiet", { headers: { "x-webhook": "off" } }));
    await ok(send("PUT", "/landing-quiet/object", { body: "x" }));
    await ok(send("PUT", "/landing-campus"));
    await ok(send("PUT", "/landing-campus/object", { body: "x" }));
    await arrived("landing-campus");
    expect(arrivals("landing-quiet")).toEqual([]);
  });

  it("goes to another address only if the cluster allows it", async () => {
    const elsewhere = `http://127.0.0.1:${gatewayPort}/elsewhere/hook?token=1`;
    const container = await subscribed(elsewhere);
    expect((await send("HEAD", `/${container}`)).headers.get("x-webhook")).toBe(elsewhere);
    await ok(send("PUT", `/${container}/object`, { body: "x" }));
    await arrived(container);
    expect(arrivals(container)[0]?.path).toBe("/elsewhere/hook?token=1");
    const refused = await send("POST", `/${container}`, { headers: { "x-webhook": "http://attacker.example/" } });
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining("allowed_urls")]);
  });

  it("can be set and seen by an owner only, even where others may change the container", async () => {
    const container = await subscribed("off");
    const attempt = () => send("POST", `/${container}`, { as: "guest", headers: { "x-webhook": "on" } });
    expect((await attempt()).status).toBe(403);
    await ok(send("POST", "", { headers: { "x-account-access-control": JSON.stringify({ "read-write": [swift.guest.user] }) } }));
    await ok(send("POST", `/${container}`, { as: "guest", headers: { "x-container-meta-note": "may write" } }));
    expect((await attempt()).status).toBe(403);
    expect((await send("HEAD", `/${container}`, { as: "guest" })).headers.get("x-webhook")).toBeNull();
    expect((await send("HEAD", `/${container}`)).headers.get("x-webhook")).toBe("off");
    await ok(send("POST", `/${container}`, { as: "guest", headers: { "x-container-sysmeta-sluice-webhook": "on" } }));
    expect((await send("HEAD", `/${container}`)).headers.get("x-webhook")).toBe("off");
    await ok(send("POST", "", { headers: { "x-account-access-control": "" } }));
  });

  it("does not keep a client waiting for a gateway that does not answer", async () => {
    const container = await subscribed();
    const { promise, resolve } = Promise.withResolvers<number>();
    answer = () => promise;
    await ok(send("PUT", `/${container}/object`, { body: "x" }));
    await arrived(container);
    resolve(202);
  });

  it("tries again until the gateway takes it", async () => {
    const container = await subscribed();
    const statuses = [401, 503, 202];
    answer = async () => statuses.shift() ?? 202;
    await ok(send("PUT", `/${container}/object`, { body: "x" }));
    await arrived(container, 3);
    expect(new Set(arrivals(container).map(({ event }) => event["object"]))).toEqual(new Set(["object"]));
  });

  it("reaches a gateway that was down, also after a restart of the proxy", async () => {
    const container = await subscribed();
    await silence();
    await ok(send("PUT", `/${container}/while-down-1`, { body: "x" }));
    await ok(send("PUT", `/${container}/while-down-2`, { body: "x" }));
    await swift.stop();
    expect(arrivals(container)).toEqual([]);
    await listen(gatewayPort);
    await restart();
    await arrived(container, 2);
    expect(arrivals(container).map(({ event }) => event["object"])).toEqual(["while-down-1", "while-down-2"]);

    await silence();
    await ok(send("PUT", `/${container}/down-again`, { body: "x" }));
    await listen(gatewayPort);
    await arrived(container, 3);
    expect(arrivals(container).at(-1)).toMatchObject({ event: { object: "down-again" } });
    expect(arrivals(container).every((post) => post.signature === post.expected && post.age < 10)).toBe(true);
  });
});
