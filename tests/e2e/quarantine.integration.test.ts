import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, startEngine } from "./engine.ts";
import { until } from "./until.ts";

let engine: Engine;
beforeAll(async () => void (engine = await startEngine()));
afterAll(() => engine?.[Symbol.asyncDispose]());

const broken = (key: string) => engine.put(key, `{"name": "${key}",\n "size": }`, { type: "application/json" });

describe("objects that could not be processed", () => {
  it("are grouped by cause: how many, since when, an example, what to do", async () => {
    const started = new Date();
    const landed = await Promise.all([
      ...Array.from({ length: 12 }, (_, index) => broken(`grouped/${index}.json`)),
      engine.put("grouped/other.csv", "not a picture", { type: "image/png" }),
    ]);
    await engine.outcomes(landed);
    const { container } = engine;
    const { groups, objects, complete } = await engine.client.failures({ container, since: started.toISOString() });
    expect([objects, complete, groups.length]).toEqual([13, true, 2]);
    expect(groups[0]).toMatchObject({ objects: 12, states: { quarantined: 12 }, containers: { [container]: 12 }, dags: { json: 12 } });
    expect(Date.parse(groups[0]?.since ?? "")).toBeGreaterThanOrEqual(started.getTime() - 1_000);
    expect(groups[0]?.example).toMatchObject({
      key: expect.stringMatching(/^grouped\/\d+\.json$/) as string,
      reason: { place: { line: 2 } },
    });

    const count = async (filter: object) => (await engine.client.failures({ container, since: started.toISOString(), ...filter })).objects;
    expect(await count({ dag: "json" })).toBe(12);
    expect(await count({ type: "image/*" })).toBe(1);
    expect(await count({ fingerprint: groups[1]?.fingerprint })).toBe(1);
    expect(await count({ until: started.toISOString() })).toBe(0);

    const { stdout } = await engine.sluice("failures", "--container", container, "--since", "10m");
    expect(stdout).toContain(`12 ${groups[0]?.code}`);
    expect(stdout).toContain("sluice reprocess --fingerprint ");
    expect(stdout).toContain("13 objects could not be processed, for 2 reasons.");
  });

  it("are shown with the piece of them that is wrong", async () => {
    const landed = await broken("shown.json");
    await engine.outcome(landed);
    const { excerpt } = await engine.client.quarantined(engine.container, "shown.json");
    expect(excerpt?.lines).toEqual([
      { number: 1, text: '{"name": "shown.json",', marked: false },
      { number: 2, text: ' "size": }', marked: true },
    ]);
    const { stdout } = await engine.sluice("quarantine", "show", `${engine.container}/shown.json`);
    expect(stdout).toContain('▸ 2 │  "size": }');
    expect(stdout).toContain(`sluice quarantine release ${engine.container}/shown.json --wait`);
  });

  it("are released with what was wrong about them put right", async () => {
    const name = `${engine.container}/mislabelled`;
    const landed = await engine.put("mislabelled", "name,size\nroof,3\n", { type: "image/png" });
    expect(await engine.outcome(landed)).toMatchObject({ state: "quarantined" });
    await expect(engine.sluice("quarantine", "release", name, "--wait")).rejects.toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining("quarantined") as string,
    });
    const right = await engine.sluice(
      "quarantine",
      "release",
      name,
      "--as",
      "text/csv",
      "--metadata",
      '{"room": "302"}',
      "--wait",
      "--json",
    );
    expect(JSON.parse(right.stdout)).toMatchObject({ ok: true, objects: 1, states: [{ state: "processed", content_type: "text/csv" }] });
    expect(await engine.client.document(engine.container, "mislabelled")).toMatchObject({ other_data: { room: "302" } });
    expect(await engine.client.quarantined(engine.container, "mislabelled").catch(({ code }: { code: string }) => code)).toBe(
      "NOT_QUARANTINED",
    );
    const audit = await engine.catalog.audit.find({ action: "release" }).toArray();
    expect(audit.at(-1)).toMatchObject({
      selection: { objects: [name] },
      counts: { objects: 1 },
      notes: ["declared_type: text/csv", "other_data: room"],
    });
    expect(audit.at(-1)?.by).toMatch(/.+@.+/);
  });

  it("are released all at once by their cause, when the DAG was mended", async () => {
    const dag = (body: string) => `
import { arrival, dag, object, task, terminal } from "sluice/sdk";
import { mongoDocuments } from "sluice/integrators";
import { z } from "zod";
const judge = task({ name: "judge-${engine.container}", in: object, out: z.object({ key: z.string() }), run: (object) => { ${body} } });
export default dag({
  name: "mended-${engine.container}",
  on: arrival({ container: "${engine.container}", key: "mended/**", priority: 50 }),
  flow(object) { mongoDocuments(judge(object), { collection: "e2e_mended" }); },
});`;
    const file = join(engine.dags, "mended.ts");
    const inForce = async () => (await engine.client.dags()).find(({ name }) => name === `mended-${engine.container}`);
    await writeFile(file, dag('throw terminal("UNJUST", `${object.key} was judged unjustly.`);'));
    const first = await until("the DAG is in force", 20_000, inForce);
    const landed = await Promise.all(Array.from({ length: 20 }, (_, index) => engine.put(`mended/${index}`, "x", { type: "text/plain" })));
    await engine.outcomes(landed);
    const { groups } = await engine.client.failures({ dag: `mended-${engine.container}` });
    expect(groups).toMatchObject([{ code: "UNJUST", objects: 20 }]);

    await writeFile(file, dag("return { key: object.key };"));
    await until("the mended DAG is in force", 20_000, async () => (await inForce())?.published !== first.published);
    const { stdout } = await engine.sluice("quarantine", "release", "--fingerprint", groups[0]?.fingerprint ?? "", "--wait");
    expect(stdout).toContain("20 of 20 objects processed");
    expect((await engine.states(landed)).map(({ state }) => state)).toEqual(Array.from({ length: 20 }, () => "processed"));
    expect((await engine.client.failures({ dag: `mended-${engine.container}` })).groups).toEqual([]);
  });

  it("are dropped: neither processed nor in quarantine any more, whoever announces them again", async () => {
    const [kept, deleted] = await Promise.all([broken("dropped/kept.json"), broken("dropped/deleted.json")]);
    await engine.outcomes([kept, deleted]);
    const { container } = engine;
    await engine.sluice("quarantine", "drop", `${container}/dropped/kept.json`);
    await engine.sluice("quarantine", "drop", `${container}/dropped/deleted.json`, "--delete");
    expect((await engine.states([kept, deleted])).map(({ state }) => state)).toEqual(["dropped", "dropped"]);
    expect([await engine.store.head(container, kept.key), await engine.store.head(container, deleted.key)]).toEqual([
      expect.objectContaining({ key: kept.key }),
      undefined,
    ]);
    const left = (await engine.client.quarantine({ container })).objects.map(({ key }) => key);
    expect(left.filter((key) => key.startsWith("dropped/"))).toEqual([]);
    const [arrival] = await engine.announce([kept]);
    expect((await engine.closed(arrival)).outcome).toBe("duplicate");
    expect(await engine.catalog.audit.findOne({ object: `${container}/${deleted.key}` })).toMatchObject({ action: "drop" });

    await expect(engine.sluice("quarantine", "drop", `${container}/dropped/kept.json`)).rejects.toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining("It is not in quarantine.") as string,
    });
  });
});
