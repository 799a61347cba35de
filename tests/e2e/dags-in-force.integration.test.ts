import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codeContainer, codeKey } from "../../activities/stages/library.ts";
import { type Engine, startEngine } from "./engine.ts";
import { until } from "./until.ts";

let engine: Engine;
beforeAll(async () => void (engine = await startEngine()));
afterAll(() => engine?.[Symbol.asyncDispose]());

const publishTimeout = 20_000;

/** A DAG file in two steps: the first waits where the object names a flag, the second says which version it is. */
const dagFile = (name: string, version: string) => `
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { arrival, dag, object, task } from "sluice/sdk";
import { mongoDocuments } from "sluice/integrators";
import { z } from "zod";

const wait = task({
  name: "wait",
  in: object,
  out: z.string(),
  heartbeat: "2s",
  async run(object, { signal, heartbeat }) {
    const flag = (await object.text()).trim();
    const file = join(process.env["E2E_NOTES"] ?? "", flag + ".flag");
    while (flag !== "none" && !existsSync(file)) {
      heartbeat();
      await pause(50, undefined, { signal });
    }
    return "waited by ${version}";
  },
});

const tell = task({ name: "tell", in: z.string(), out: z.object({ waited: z.string(), told: z.string() }), run: (waited) => ({ waited, told: "told by ${version}" }) });

export default dag({
  name: "${name}",
  on: arrival({ container: "e2e-*", key: "${name}/**" }),
  flow(arrived) {
    mongoDocuments(tell(wait(arrived)), { collection: "e2e_versions" });
  },
});
`;

const write = (name: string, text: string) => writeFile(join(engine.dags, `${name}.ts`), text);
const find = async (name: string) => (await engine.client.dags()).find((dag) => dag.name === name);

/** Writes a version of a file, and waits for it to be in force; returns its plan's hash and its code's. */
async function publish(name: string, version: string) {
  const before = await find(name).then((dag) => dag && engine.client.dag(name));
  await write(name, dagFile(name, version));
  return await until(`${name} ${version} is in force`, publishTimeout, async () => {
    if (!(await find(name))) return undefined;
    const now = await engine.client.dag(name);
    return now.code["tell"] !== before?.code["tell"] ? { plan: now.plan_hash, code: now.code["tell"] ?? "" } : undefined;
  });
}

async function told(key: string): Promise<unknown> {
  const found = await engine.catalog
    .database("processed")
    .collection("e2e_versions")
    .findOne({ "_object.container": engine.container, "_object.key": key });
  return found && { waited: found["waited"] as unknown, told: found["told"] as unknown };
}

const put = (key: string, flag = "none") => engine.put(key, flag, { type: "text/plain" });

async function isWaiting(key: string) {
  return await until(`${key} waits`, 20_000, async () => {
    const [run] = await engine.runs(`SluiceObject = "${engine.container}/${key}" AND ExecutionStatus = "Running"`);
    if (!run) return undefined;
    const { raw } = await engine.temporal.client.workflow.getHandle(run.workflowId).describe();
    return raw.pendingActivities?.some(({ lastHeartbeatTime }) => lastHeartbeatTime) ? run : undefined;
  });
}

describe("a DAG file", { timeout: 90_000 }, () => {
  it("is in force within seconds, and so is its next version, while a run in flight ends on the one it began with", async () => {
    await publish("changing", "v1");
    const held = await put("changing/held", "changing");
    await isWaiting("changing/held");
    await publish("changing", "v2");
    const fresh = await engine.outcome(await put("changing/fresh"));
    expect(fresh).toMatchObject({ state: "processed", dags: ["changing"] });
    expect(await told("changing/fresh")).toEqual({ waited: "waited by v2", told: "told by v2" });
    await engine.notes.raise("changing");
    expect(await engine.outcome(held)).toMatchObject({ state: "processed" });
    expect(await told("changing/held")).toEqual({ waited: "waited by v1", told: "told by v1" });
  });

  it("that is broken is reported, and leaves the last good version in force until it is mended", async () => {
    await publish("breaking", "v1");
    await write("breaking", dagFile("breaking", "v2").replace("tell(wait(arrived))", "tell(wait(arrived)"));
    const broken = await until("the file is reported", publishTimeout, async () => {
      const dag = await find("breaking");
      return dag?.broken && dag;
    });
    expect(broken.broken?.problems.join("\n")).toMatch(/breaking\.ts:\d+:\d+/);
    expect(await engine.catalog.dags.findOne({ _id: "breaking" })).toHaveProperty("broken");
    expect((await engine.client.status()).dags?.broken).toContain("breaking");
    await engine.outcome(await put("breaking/1"));
    expect(await told("breaking/1")).toMatchObject({ told: "told by v1" });
    await publish("breaking", "v3");
    await until("the report is gone", publishTimeout, async () => !(await find("breaking"))?.broken);
  });

  it("that is removed takes its DAG out of force", async () => {
    await publish("removed", "v1");
    await rm(join(engine.dags, "removed.ts"));
    await until("it is out of force", publishTimeout, async () => !(await find("removed")));
    expect(await engine.outcome(await put("removed/1"))).toMatchObject({ dags: ["text"] });
  });

  it("of old is fetched from the lake by a worker that never saw it", async () => {
    await publish("fetched", "v1");
    const held = await put("fetched/held", "fetched");
    await isWaiting("fetched/held");
    await publish("fetched", "v2");
    await engine.worker.kill();
    await rm(join(engine.home, "code"), { recursive: true });
    await engine.worker.start();
    await engine.notes.raise("fetched");
    expect(await engine.outcome(held)).toMatchObject({ state: "processed" });
    expect(await told("fetched/held")).toEqual({ waited: "waited by v1", told: "told by v1" });
  });

  it("of old that is not in the lake any more fails its run with CODE_GONE", async () => {
    const { code } = await publish("lost", "v1");
    const held = await put("lost/held", "lost");
    const run = await isWaiting("lost/held");
    await publish("lost", "v2");
    await engine.worker.kill();
    await rm(join(engine.home, "code"), { recursive: true });
    await engine.store.delete(codeContainer, codeKey(code));
    await engine.worker.start();
    await engine.notes.raise("lost");
    const object = await engine.outcome(held);
    expect(object.reason).toMatchObject({ code: "CODE_GONE" });
    expect(object.reason?.message).toContain(code);
    await expect.poll(async () => (await engine.temporal.client.workflow.getHandle(run.workflowId).describe()).status.name).toBe("FAILED");
  });
});
