import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiDeps } from "./deps.ts";
import { versionOf } from "../../infra/stores/object-store.ts";
import { type ServedApi, serveApi, trickyKeys } from "../../tests/gateway/api-server.ts";

let gateway: ServedApi;
beforeAll(async () => void (gateway = await serveApi()));
afterAll(() => gateway[Symbol.asyncDispose]());

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("PUT and GET of objects", () => {
  it.each(trickyKeys)("gives back what was put as %j, and its document", async (key) => {
    const upload = await gateway.client.put(gateway.container, key, `content of ${key}`, { type: "text/plain" });
    expect(upload).toMatchObject({ container: gateway.container, key });

    const content = await gateway.client.get(gateway.container, key);
    expect(await content.text()).toBe(`content of ${key}`);
    expect(content.headers.get("Sluice-Version")).toBe(upload.version);
    expect(await gateway.client.document(gateway.container, key)).toMatchObject({ key, container: gateway.container, state: "announced" });
    expect(await gateway.store.head(gateway.container, key)).toMatchObject({ key, contentType: "text/plain" });
  });

  it("takes a key whose slashes are not encoded", async () => {
    const response = await gateway.request(`/v1/objects/${gateway.container}/a/b%20c.txt`, { method: "PUT", body: "x" });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ key: "a/b c.txt" });
  });

  it("writes what the uploader says into the catalog before the store has the object", async () => {
    const said = {
      declared_type: "text/csv",
      application: "wéather ☃",
      project: "roof",
      swift_user: "alice",
      data_processing: "custom",
      other_data: { template: { measurement: "kind", time: "at", fields: ["v"], tags: [] } },
    };
    const response = await gateway.put("said.bin", "a,b\n", {
      "Sluice-Metadata": encoded(said),
      "Content-Type": "application/octet-stream",
    });
    expect(response.status).toBe(201);
    expect(await gateway.client.document(gateway.container, "said.bin")).toMatchObject(said);
    expect(await gateway.store.head(gateway.container, "said.bin")).toMatchObject({ contentType: "text/csv" });
  });

  it("answers with the version that a claim of the object will see", async () => {
    const upload = (await (await gateway.put("version.txt", "x")).json()) as { version: string };
    const stored = await gateway.store.head(gateway.container, "version.txt");
    expect(upload.version).toBe(stored && versionOf(stored));
  });

  it("streams a body of unknown length", async () => {
    const block = randomBytes(1 << 20);
    const body = ReadableStream.from(
      (function* () {
        for (let i = 0; i < 24; i += 1) yield block;
      })(),
    );
    const upload = await gateway.client.put(gateway.container, "large.bin", body);
    expect(upload.size).toBe(24 << 20);
    const content = new Uint8Array(await (await gateway.client.get(gateway.container, "large.bin")).arrayBuffer());
    expect(Buffer.compare(content.subarray(23 << 20), block)).toBe(0);
  });

  it("counts the bytes of a body of unknown length for its tenant", async () => {
    const counted: { readonly user?: string | undefined; readonly bytes: number }[] = [];
    const charge: ApiDeps["uploads"]["charge"] = ({ user }, bytes) => void counted.push({ user, bytes });
    await using api = await serveApi({ uploads: { admit: () => 0, charge } });
    const metadata = { swift_user: "alice" };
    await api.client.put(api.container, "streamed.bin", ReadableStream.from([Buffer.alloc(1_000), Buffer.alloc(500)]), { metadata });
    expect(counted.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(1_500);
    expect(counted.every(({ user }) => user === "alice")).toBe(true);

    counted.length = 0;
    await api.client.put(api.container, "known.bin", Buffer.alloc(100), { size: 100 });
    expect(counted).toEqual([]);
  });

  it("stores an empty object", async () => {
    expect(await gateway.client.put(gateway.container, "empty", new Uint8Array(), { size: 0 })).toMatchObject({ size: 0 });
    expect(await (await gateway.client.get(gateway.container, "empty")).text()).toBe("");
  });

  it.each([
    ["bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-2", 206, "89", "bytes 8-9/10"],
    ["bytes=8-99", 206, "89", "bytes 8-9/10"],
    ["bytes=0-1,3-4", 200, "0123456789", null],
    ["bytes=10-", 416, "", "bytes */10"],
  ])("answers the range %s with %i", async (range, status, content, contentRange) => {
    await gateway.put("digits", "0123456789");
    const response = await gateway.request(gateway.address("objects", "digits"), { headers: { Range: range } });
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(content);
    expect(response.headers.get("Content-Range")).toBe(contentRange);
  });

  it("answers HEAD without reading the content, and keeps uploads from running in the console", async () => {
    await gateway.put("page.html", "<script>alert(1)</script>", { "Content-Type": "text/html" });
    const response = await gateway.request(gateway.address("objects", "page.html"), { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Length")).toBe("25");
    expect(response.headers.get("Content-Security-Policy")).toBe("sandbox");
    expect(await response.text()).toBe("");
  });
});
