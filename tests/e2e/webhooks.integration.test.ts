import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signatureOf } from "../../gateway/auth/secrets.ts";
import { type Engine, startEngine } from "./engine.ts";
import { until } from "./until.ts";

describe("a webhook", { concurrent: true, timeout: 120_000 }, () => {
  let engine: Engine;
  beforeAll(async () => void (engine = await startEngine()));
  afterAll(() => engine?.[Symbol.asyncDispose]());

  /** Into the container whose objects nobody announces but the test. */
  const put = (key: string, content: string) => engine.put(key, content, { container: engine.quiet, type: "text/plain" });
  const record = (key: string, container = engine.quiet) => ({
    eventName: "s3:ObjectCreated:Put",
    eventSource: "minio:s3",
    s3: { bucket: { name: container }, object: { key: encodeURIComponent(key), size: 10 } },
  });
  const send = (body: string, headers: Record<string, string>, door = "/webhooks/s3") =>
    fetch(new URL(door, engine.env.SLUICE_GATEWAY_URL), { method: "POST", headers, body });
  const bearer = { Authorization: "Bearer a-webhook-secret" };

  async function textOf(key: string): Promise<unknown> {
    const found = await engine.catalog
      .database("processed")
      .collection("texts")
      .find({ "_object.container": engine.quiet, "_object.key": key })
      .toArray();
    return found.map(({ text }) => text as unknown);
  }

  it("of an older version that comes after the newer one changes nothing", async () => {
    const older = await put("order.txt", "older");
    const newer = await put("order.txt", "newer");
    const [first] = await engine.announce([newer]);
    expect(await engine.closed(first)).toMatchObject({ outcome: "processed" });
    const [late] = await engine.announce([older]);
    expect(await engine.closed(late)).toMatchObject({ outcome: "duplicate" });
    expect(await textOf("order.txt")).toEqual(["newer"]);
  });

  it("of an object that is deleted by now marks it as gone, with the reason", async () => {
    const landed = await put("deleted.txt", "soon deleted");
    const [first] = await engine.announce([landed]);
    expect(await engine.closed(first)).toMatchObject({ outcome: "processed" });
    await engine.store.delete(engine.quiet, "deleted.txt");
    const [late] = await engine.announce([landed]);
    expect(await engine.closed(late)).toMatchObject({ outcome: "gone", reason: expect.stringContaining("Put it again") as string });
    const document = await engine.catalog.documents(engine.quiet).findOne({ _id: "deleted.txt" });
    expect(document).toMatchObject({ state: "gone", reason: { code: "OBJECT_GONE" } });
  });

  it("with names that the store refuses says so of these, and lets their neighbours through", async () => {
    const good = [await put("neighbour 1.txt", "one"), await put("neighbour 2.txt", "two")] as const;
    const impossible = ["up/../../down.txt", "x".repeat(1_000)];
    const [first, second, ...others] = await engine.announce([...good, ...impossible.map((key) => ({ key, container: engine.quiet }))]);
    expect(await Promise.all([first, second].map((id) => engine.closed(id)))).toMatchObject([
      { outcome: "processed" },
      { outcome: "processed" },
    ]);
    for (const id of others) {
      expect(await engine.closed(id)).toMatchObject({ outcome: "gone", reason: expect.stringContaining("the store") as string });
    }
  });

  it("of a container or a store that is not the lake's is a rejected arrival with its reason", async () => {
    const elsewhere = (await (await send(JSON.stringify({ Records: [record("a.csv", "elsewhere")] }), bearer)).json()) as Answer;
    const conf = { swift_id: "42", swift_container: engine.quiet, swift_user: "ana", swift_version: "1" };
    const swift = (await (await send(JSON.stringify({ conf }), bearer, "/api/v1/dags/new_input/dagRuns")).json()) as { dag_run_id: string };
    const views = await Promise.all([elsewhere.rejected[0]?.id, swift.dag_run_id].map((id) => engine.client.arrival(id ?? "")));
    expect(views).toMatchObject([
      { state: "rejected", container: "elsewhere", key: "a.csv", reason: expect.stringContaining("SLUICE_CONTAINERS") as string },
      { state: "rejected", key: "42", reason: expect.stringContaining("SLUICE_SWIFT_AUTH_URL") as string },
    ]);
  });

  it("that is signed wrongly, or long ago, leaves its object alone until one comes that is not", async () => {
    const { key } = await put("signed.txt", "signed");
    const body = JSON.stringify({ Records: [record(key)] });
    const signed = (secret: string, seconds: number) => ({
      "Sluice-Timestamp": String(seconds),
      "Sluice-Signature": `sha256=${signatureOf(secret, String(seconds), Buffer.from(body))}`,
    });
    const now = Math.round(Date.now() / 1_000);
    expect((await send(body, signed("another-secret", now))).status).toBe(401);
    expect((await send(body, signed("a-webhook-secret", now - 600))).status).toBe(401);
    expect(await engine.catalog.documents(engine.quiet).findOne({ _id: key })).toBeNull();
    const { arrivals } = (await (await send(body, signed("a-webhook-secret", now))).json()) as Answer;
    expect(await engine.closed(arrivals[0])).toMatchObject({ outcome: "processed" });
  });

  it("with 10,000 records about 100 objects has each of them processed, once", async () => {
    const keys = Array.from({ length: 100 }, (_, index) => `many/${index}.txt`);
    await Promise.all(keys.map((key) => put(key, `the content of ${key}`)));
    const Records = Array.from({ length: 10_000 }, (_, index) => record(keys[index % keys.length] as string));
    const response = await send(JSON.stringify({ Records }), bearer);
    expect(((await response.json()) as Answer).arrivals).toHaveLength(10_000);
    await until("all arrivals are closed", 90_000, async () => {
      const { waiting, started } = (await engine.client.status()).arrivals;
      return waiting + started === 0;
    });
    const traces = await engine.catalog.traces.find({ container: engine.quiet, key: { $regex: "^many/" } }).toArray();
    expect(traces.map(({ key, outcome }) => `${key} ${outcome}`).toSorted()).toEqual(keys.map((key) => `${key} processed`).toSorted());
  });
});

type Answer = { readonly arrivals: readonly string[]; readonly rejected: readonly { readonly id: string }[] };
