import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEnvironment } from "../config.ts";
import { examineServers, type Finding } from "./examine.ts";
import { connectS3, createContainers } from "./s3.ts";

const name = `examined-${randomBytes(4).toString("hex")}`;
const env = readEnvironment({ ...process.env, SLUICE_CONTAINERS: `${name},${name}-by-others-*` });
const client = connectS3(env);
const created = [name, `${name}-by-others-1`];

beforeAll(async () => {
  await client.makeBucket(`${name}-by-others-1`, env.SLUICE_S3_REGION);
  await createContainers(env);
});
afterAll(() => Promise.all(created.map((container) => client.removeBucket(container))));

const examined = async (variables: Partial<typeof env>) =>
  new Map((await examineServers({ ...env, ...variables })).map((one) => [one.address, one]));
const adviceOf = (finding: Finding | undefined) => finding?.advice.join(" ") ?? "";

describe("an examination of the servers", () => {
  it("finds those that answer well, with their versions", async () => {
    const findings = await examined({});
    for (const address of [env.SLUICE_TEMPORAL_ADDRESS, env.SLUICE_MONGO_URL, env.SLUICE_INFLUX_URL, env.SLUICE_NEO4J_URL]) {
      expect(findings.get(address), address).toMatchObject({ state: "well", advice: [] });
      expect(findings.get(address)?.version, address).toMatch(/\d/);
    }
  });

  it("names landing containers that send no events, also those that a glob stands for, and none that is the glob itself", async () => {
    const store = (await examined({})).get(env.SLUICE_S3_URL);
    expect(store?.state).toBe("warning");
    for (const container of created) expect(adviceOf(store)).toMatch(new RegExp(`No events come from .*${container}\\b`));
    expect(adviceOf(store)).not.toContain("*,");
    expect(adviceOf(store)).not.toContain("are missing");
  });

  it("names containers that are missing, and who creates them", async () => {
    const store = (await examined({ SLUICE_CONTAINERS: [`${name}-absent`] })).get(env.SLUICE_S3_URL);
    expect(adviceOf(store)).toContain(`Containers are missing: ${name}-absent. \`sluice up\` creates them.`);
  });

  it("says of each server that does not answer which variable to mend, and hides passwords", async () => {
    const findings = await examined({
      SLUICE_TEMPORAL_ADDRESS: "127.0.0.1:9",
      SLUICE_S3_URL: "http://127.0.0.1:10",
      SLUICE_MONGO_URL: "mongodb://ana:s3cr3t@127.0.0.1:9/?serverSelectionTimeoutMS=500",
      SLUICE_INFLUX_URL: "http://127.0.0.1:9",
      SLUICE_NEO4J_URL: "bolt://127.0.0.1:9",
    });
    expect([...findings.values()].map(({ state }) => state)).not.toContain("well");
    expect(adviceOf(findings.get("127.0.0.1:9"))).toContain("SLUICE_TEMPORAL_ADDRESS");
    expect(adviceOf(findings.get("http://127.0.0.1:10"))).toContain("SLUICE_S3_URL");
    expect(adviceOf(findings.get("http://127.0.0.1:9"))).toContain("SLUICE_INFLUX_URL");
    expect(adviceOf(findings.get("bolt://127.0.0.1:9"))).toContain("SLUICE_NEO4J_URL");
    const mongo = findings.get("mongodb://…@127.0.0.1:9/?serverSelectionTimeoutMS=500");
    expect(adviceOf(mongo)).toContain("SLUICE_MONGO_URL");
    expect(JSON.stringify([...findings.values()])).not.toContain("s3cr3t");
  });

  it("tells wrong keys from a server that is away", async () => {
    const store = (await examined({ SLUICE_S3_SECRET_KEY: "wrong-secret" })).get(env.SLUICE_S3_URL);
    expect(store?.state).toBe("ill");
    expect(adviceOf(store)).toMatch(/refuses the credentials .*SLUICE_S3_ACCESS_KEY and SLUICE_S3_SECRET_KEY/);
  });
});
