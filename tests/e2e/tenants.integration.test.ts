import { randomBytes } from "node:crypto";
import { NotificationConfig } from "minio";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectS3 } from "../../infra/local/s3.ts";
import { type Engine, startEngine } from "./engine.ts";
import { until } from "./until.ts";

const mark = randomBytes(3).toString("hex");
const small = `small-${mark}`;
const throttled = `throttled-${mark}`;

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ containers: [small, throttled], env: { SLUICE_TENANTS: `${throttled}=10/s burst 5` } });
  const s3 = connectS3(engine.env);
  for (const container of [small, throttled]) await s3.setBucketNotification(container, new NotificationConfig());
}, 120_000);
afterAll(() => engine?.[Symbol.asyncDispose]());

const document = (name: string) => JSON.stringify({ name });
const putAll = (container: string, folder: string, count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      engine.put(`${folder}/${index}.json`, document(`${folder} ${index}`), { container, type: "application/json" }),
    ),
  );

describe("a throttled tenant", { timeout: 60_000 }, () => {
  const upload = (key: string) =>
    fetch(new URL(`/v1/objects/${throttled}/${key}`, engine.env.SLUICE_GATEWAY_URL), {
      method: "PUT",
      headers: { authorization: `Bearer ${engine.env.SLUICE_API_TOKEN}`, "content-type": "application/json" },
      body: document(key),
    });

  it("has its webhooks taken all the same, and its arrivals wait in the journal for their turn", async () => {
    const landed = await putAll(throttled, "flood", 30);
    const begin = performance.now();
    const arrivals = await engine.announce(landed);
    expect(arrivals).toHaveLength(30);
    const held = await until("the status names the tenant", 10_000, async () => {
      const [found] = (await engine.client.status()).throttled;
      return found;
    });
    expect(held).toMatchObject({ tenant: throttled });
    expect(held.waiting).toBeGreaterThan(0);
    const outcomes = await engine.outcomes(landed);
    expect(outcomes.filter(({ state }) => state !== "processed")).toEqual([]);
    // 25 beyond its burst, at ten a second.
    expect(performance.now() - begin).toBeGreaterThan(2_450);
    expect((await engine.client.status()).throttled).toEqual([]);
  });

  it("is told when to come back where it puts too much through the API, and nothing is kept of that", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => upload(`put/${index}.json`)));
    const refused = answers.findIndex(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThanOrEqual(5);
    expect(refused).toBeGreaterThanOrEqual(0);
    expect(answers[refused]?.headers.get("retry-after")).toBe("1");
    expect(await answers[refused]?.json()).toMatchObject({ code: "TENANT_THROTTLED", status: 429 });
    expect(await engine.store.head(throttled, `put/${refused}.json`)).toBeUndefined();
    expect(await engine.catalog.documents(throttled).findOne({ _id: `put/${refused}.json` })).toBeNull();
    await until("it may put again", 10_000, async () => (await upload("put/again.json")).status === 201);
  });
});

describe("a tenant with a thousand objects", { timeout: 240_000 }, () => {
  it("keeps a single object of another waiting for a few dozen of its own, never for all of them", async () => {
    const parts = await Promise.all(Array.from({ length: 10 }, (_, part) => putAll(engine.quiet, `flood-${part}`, 100)));
    const flood = parts.flat();
    const processed = async () => (await engine.states(flood)).filter(({ state }) => state === "processed").length;
    const singles = await putAll(small, "single", 6);
    await engine.announce(flood);

    // Counted in objects, which are the same on a machine that has other things to do.
    const overtaken: number[] = [];
    for (const [index, single] of singles.entries()) {
      const before = await until("the flood goes on", 60_000, async () => {
        const count = await processed();
        return count >= index * 100 && { count };
      });
      await engine.announce([single]);
      await engine.outcome(single, 120_000);
      overtaken.push((await processed()) - before.count);
    }
    expect(await processed()).toBeLessThan(flood.length);
    // Three groups of 25; the first may meet larger ones, made while the other tenant was alone.
    expect(Math.max(...overtaken.slice(1))).toBeLessThanOrEqual(75);
    expect((await engine.outcomes(flood, 200_000)).filter(({ state }) => state !== "processed")).toEqual([]);
  });
});
