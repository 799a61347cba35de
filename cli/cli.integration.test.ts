import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { defaultPorts } from "../infra/local/ports.ts";
import { writeState } from "../infra/local/state.ts";
import { versionOf } from "../infra/stores/object-store.ts";
import type { CatalogDocument } from "../sdk/contracts/catalog.ts";
import { toFailure, terminal } from "../sdk/contracts/errors.ts";
import { type ServedApi, serveApi, trickyKeys } from "../tests/gateway/api-server.ts";

let gateway: ServedApi;
let folder: string;

beforeAll(async () => void (gateway = await serveApi()));
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "sluice-cli-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const main = fileURLToPath(new URL("main.ts", import.meta.url));

/** The real command, in a process and a folder of its own. */
function sluice(words: readonly string[], env: Record<string, string> = gateway.env) {
  const flags = ["--conditions=sluice-source", "--disable-warning=ExperimentalWarning"];
  return execa(process.execPath, [...flags, main, ...words], { cwd: folder, env, reject: false, stripFinalNewline: false });
}

async function json(words: readonly string[]) {
  const { stdout, exitCode } = await sluice([...words, "--json"]);
  return { value: JSON.parse(stdout) as Record<string, unknown>, exitCode };
}

/** Stands in for the engine, which is not part of these tests: gives each announced object an outcome. */
async function processing(outcomeOf: (key: string) => Partial<CatalogDocument>, work: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const documents = gateway.catalog.documents(gateway.container);
  const engine = (async () => {
    while (!stop.signal.aborted) {
      for (const { _id, size } of await documents.find({ state: "announced" }).toArray()) {
        const stored = await gateway.store.head(gateway.container, _id);
        if (stored)
          await documents.updateOne(
            { _id },
            { $set: { version: versionOf(stored), size: stored.size || size, run_id: "r", workflow_id: "w", ...outcomeOf(_id) } },
          );
      }
      await pause(50);
    }
  })();
  try {
    await work();
  } finally {
    stop.abort();
    await engine;
  }
}

const processed: Partial<CatalogDocument> = {
  state: "processed",
  content_type: "text/csv",
  receipts: [{ sink: "mongodb", what: "documents", count: 2, where: "lake/rows", locator: {} }],
};
const quarantined: Partial<CatalogDocument> = {
  state: "quarantined",
  reason: toFailure(terminal("MALFORMED_CSV", "Row 2 has 3 columns; the header has 2.", { place: { line: 3 } })),
};

describe("sluice put, get and show", () => {
  it("round-trip any key, byte for byte", { timeout: 180_000 }, async () => {
    for (const key of trickyKeys) {
      const content = Buffer.from(`bytes \u0000 of ${key}`);
      await writeFile(join(folder, "in"), content);
      const put = await json(["put", "in", "--to", gateway.container, "--key", key]);
      expect(put).toMatchObject({ exitCode: 0, value: { ok: true, objects: [{ key, size: content.length }] } });
      const got = await sluice(["get", `${gateway.container}/${key}`, "-o", "out"]);
      expect(got.exitCode).toBe(0);
      expect(await readFile(join(folder, "out"))).toEqual(content);
      expect((await json(["show", `${gateway.container}/${key}`])).value).toMatchObject({ key, container: gateway.container });
    }
  });

  it("puts a folder under a prefix and guesses types by name", async () => {
    await mkdir(join(folder, "data", "deep"), { recursive: true });
    await writeFile(join(folder, "data", "a b.csv"), "x,y\n");
    await writeFile(join(folder, "data", "deep", "é.json"), "[]");
    const { value } = await json(["put", "data", "--to", `${gateway.container}/2026`]);
    expect(value["objects"]).toMatchObject([{ key: "2026/a b.csv" }, { key: "2026/deep/é.json" }]);
    expect(await gateway.store.head(gateway.container, "2026/deep/é.json")).toMatchObject({ contentType: "application/json" });
  });

  it("leaves out what is hidden in a folder and says how many, follows links to files, and no loops", async () => {
    await mkdir(join(folder, "linked"));
    for (const name of [".hidden", "real.csv"]) await writeFile(join(folder, "linked", name), name);
    await symlink("real.csv", join(folder, "linked", "link.csv"));
    await symlink(".", join(folder, "linked", "loop"));
    const { exitCode, stderr } = await sluice(["put", "linked", "--to", `${gateway.container}/linked`]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain("2 objects put");
    expect(stderr).toMatch(/Left out: .*1 hidden one/);
    expect(stderr).toMatch(/Left out: .*1 link to a folder/);
    expect(await gateway.store.head(gateway.container, "linked/link.csv")).toMatchObject({ size: "real.csv".length });
  });

  it("puts what a glob matches, by its path below the glob's fixed part", async () => {
    await mkdir(join(folder, "globbed", "deep"), { recursive: true });
    for (const name of ["1.csv", "2.txt", "deep/3.csv"]) await writeFile(join(folder, "globbed", name), name);
    const { value } = await json(["put", "globbed/**/*.csv", "--to", `${gateway.container}/glob/`]);
    expect(value["objects"]).toMatchObject([{ key: "glob/1.csv" }, { key: "glob/deep/3.csv" }]);
  });

  it("writes what is said about an object into the catalog", async () => {
    await writeFile(join(folder, "t.json"), "{}");
    await writeFile(join(folder, "template.json"), JSON.stringify({ measurement: "kind" }));
    const said = ["--type", "application/json", "--project", "roof", "--application", "énergie", "--user", "alice", "--custom"];
    await sluice(["put", "t.json", "--to", gateway.container, ...said, "--template", "@template.json", "--metadata", `{"note":"n"}`]);
    expect((await json(["show", `${gateway.container}/t.json`])).value).toMatchObject({
      declared_type: "application/json",
      project: "roof",
      application: "énergie",
      swift_user: "alice",
      data_processing: "custom",
      other_data: { template: { measurement: "kind" }, note: "n" },
    });
  });

  it("refuses two files that would become one object, before any is put", async () => {
    for (const name of ["one", "two"]) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "same.txt"), name);
    }
    const { exitCode, stderr } = await sluice(["put", "one", "two", "--to", gateway.container]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("would both become the object same.txt");
    expect(await gateway.store.head(gateway.container, "same.txt")).toBeUndefined();
  });

  it("writes content to stdout, and an empty object as nothing", async () => {
    await writeFile(join(folder, "empty"), "");
    expect((await sluice(["put", "empty", "--to", gateway.container])).exitCode).toBe(0);
    expect(await sluice(["get", `${gateway.container}/empty`])).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
  });

  it("makes the folders that a file is to be in, and says where it cannot", async () => {
    await writeFile(join(folder, "deep.txt"), "deep");
    await sluice(["put", "deep.txt", "--to", gateway.container]);
    for (const [output, file] of [
      ["new/er/copy.txt", "new/er/copy.txt"],
      ["folder/", "folder/deep.txt"],
    ] as const) {
      expect((await sluice(["get", `${gateway.container}/deep.txt`, "-o", output])).exitCode).toBe(0);
      expect(await readFile(join(folder, file), "utf8")).toBe("deep");
    }
    const { exitCode, stderr } = await sluice(["get", `${gateway.container}/deep.txt`, "-o", "deep.txt/inside/file"]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^sluice: --output: the folder deep\.txt\/inside cannot be made: .*Name another place\.\n$/);
  });

  it("leaves no file behind when the object is not there", async () => {
    const { exitCode, stderr } = await sluice(["get", `${gateway.container}/never`, "-o", "never"]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^sluice: .*\/never.* no such object.*\n$/);
    await expect(readFile(join(folder, "never"))).rejects.toThrow("ENOENT");
  });
});

describe("sluice put --wait", () => {
  it("reports each outcome and ends with 0 when all were processed", async () => {
    await writeFile(join(folder, "good.csv"), "a,b\n1,2\n");
    await processing(
      () => processed,
      async () => {
        const { exitCode, stdout } = await sluice(["put", "good.csv", "--to", gateway.container, "--wait"]);
        expect(stdout).toBe(`✓ ${gateway.container}/good.csv  text/csv: 2 documents in mongodb lake/rows\n`);
        expect(exitCode).toBe(0);
      },
    );
  });

  it("ends with 1 and the reason when one was quarantined", async () => {
    for (const name of ["fine.csv", "bad.csv"]) await writeFile(join(folder, name), name);
    await processing(
      (key) => (key === "bad.csv" ? quarantined : processed),
      async () => {
        const { exitCode, stdout } = await sluice(["put", "fine.csv", "bad.csv", "--to", gateway.container, "--wait"]);
        expect(stdout).toContain(`✗ ${gateway.container}/bad.csv  quarantined: Row 2 has 3 columns; the header has 2. (line 3)`);
        expect(stdout).toContain(`✓ ${gateway.container}/fine.csv`);
        expect(exitCode).toBe(1);
      },
    );
  });

  it("waits for the version it put, not for the outcome of the one before", async () => {
    await writeFile(join(folder, "twice.csv"), "first");
    const documents = gateway.catalog.documents(gateway.container);
    await processing(
      () => processed,
      async () => void (await sluice(["put", "twice.csv", "--to", gateway.container, "--wait"])),
    );
    await writeFile(join(folder, "twice.csv"), "second");
    const { value, exitCode } = await json(["put", "twice.csv", "--to", gateway.container, "--wait", "--timeout", "1"]);
    expect(value).toMatchObject({ ok: false, objects: [{ key: "twice.csv", error: expect.stringContaining("not processed within 1 s") }] });
    expect(exitCode).toBe(1);
    expect(await documents.findOne({ _id: "twice.csv" })).toMatchObject({ state: "processed" });
  });
});

describe("sluice ls, trace, reprocess and status", () => {
  it("lists containers and objects as aligned tables", async () => {
    await gateway.client.put(gateway.container, "ls/a.csv", "x");
    await gateway.client.put(gateway.container, "ls/a\nb.csv", "x").catch(() => undefined);
    expect((await sluice(["ls"])).stdout).toContain(gateway.container);
    const { stdout, exitCode } = await sluice(["ls", `${gateway.container}/ls/a.`]);
    expect(stdout).toMatch(/^object +state +type +size +since\nls\/a\.csv +announced/);
    expect(stdout).not.toContain("\u001b");
    expect(exitCode).toBe(0);
  });

  it("traces an object that no run has taken yet, from its webhook on", async () => {
    const { container, client, journal } = gateway;
    const name = `${container}/trace me.csv`;
    await client.put(container, "trace me.csv", "x");
    expect((await sluice(["trace", name])).stdout).toContain("its store has told nothing of it yet");
    const time = "2026-01-01T00:00:00.000Z";
    await journal.add([{ store: "s3", tenant: container, container, key: "trace me.csv", time, door: "s3" }]);
    expect((await sluice(["trace", name])).stdout).toMatch(/Came by s3 {2}waits in the journal\n.*\n.*it is the next of its tenant/);
    expect((await json(["trace", name])).value).toMatchObject({ runs: [], arrivals: [{ state: "waiting" }], complete: true });
  });

  it("starts to process objects again, names those that are not there, and steers it by its id", async () => {
    await gateway.client.put(gateway.container, "again.csv", "x");
    const name = `${gateway.container}/again.csv`;
    const { exitCode, value } = await json(["reprocess", name, `${gateway.container}/never`, "--rate", "0.5"]);
    expect(exitCode).toBe(1);
    expect(value).toMatchObject({ ok: false, reprocessing: { state: "running" }, unknown: [{ key: "never" }] });
    const { id, workflow_id } = value["reprocessing"] as { readonly id: string; readonly workflow_id: string };
    expect((await sluice(["reprocess", "pause", id])).stdout).toContain(id);
    await gateway.temporal.client.workflow.getHandle(workflow_id).terminate();
    const watched = await sluice(["reprocess", "watch", id]);
    expect(watched.stdout).toContain("cancelled");
    expect(watched.exitCode).toBe(1);
    expect((await sluice(["reprocess", "resume", id])).stderr).toContain("has ended");
    await expect.poll(async () => (await sluice(["reprocess", "list"])).stdout, { timeout: 10_000 }).toContain(id);
  });

  it("counts what it would process again, and asks for a choice where there is none", async () => {
    await gateway.client.put(gateway.container, "counted/1.csv", "x");
    const chosen = ["--container", gateway.container, "--key", "counted/*", "--state", "announced", "--dry-run"];
    expect((await sluice(["reprocess", ...chosen])).stdout).toMatch(/^1 object would be processed again:\n.*counted\/1\.csv/);
    expect(await json(["reprocess", ...chosen])).toMatchObject({ exitCode: 0, value: { count: 1, sample: [{ key: "counted/1.csv" }] } });
    const { exitCode, stderr } = await sluice(["reprocess", "--plan", "then"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("`--all` means every object of the lake");
    expect((await sluice(["reprocess", "--state", "well"])).stderr).toContain("Expected one of announced, processing");
  });

  it("says how the lake is", async () => {
    expect(await json(["status"])).toMatchObject({ exitCode: 0, value: { healthy: true, version: "1.2.3" } });
  });

  it("says which DAG files are broken, also where nothing of them was ever in force", async () => {
    const _id = `cli of ${gateway.container}`;
    const broken = [{ file: `/${_id}/roof.ts`, since: new Date(), problems: [`/${_id}/roof.ts:3:1 SYNTAX It is wrong.`], in_force: [] }];
    await gateway.catalog.publishers.insertOne({ _id, folders: [], task_queue: _id, processes: { test: new Date() }, broken });
    try {
      const { stdout } = await sluice(["status"]);
      expect(stdout).toMatch(/DAGs +\d+ in force, \d+ files? broken/);
      expect(stdout).toContain(`✗ /${_id}/roof.ts is broken; nothing of it is in force:\n    /${_id}/roof.ts:3:1 SYNTAX It is wrong.`);
      expect((await gateway.client.dagList()).broken_files).toContainEqual(expect.objectContaining({ file: `/${_id}/roof.ts` }));
    } finally {
      await gateway.catalog.publishers.deleteOne({ _id });
    }
  });
});

describe("the command itself", () => {
  it("says in one sentence what to do when no gateway answers", async () => {
    const { exitCode, stderr, stdout } = await sluice(["ls"], { SLUICE_GATEWAY_URL: "http://127.0.0.1:9" });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(/^sluice: No gateway answers at http:\/\/127\.0\.0\.1:9\. .*`sluice up`.*\n$/);
  });

  it("finds the gateway of the local lake in its folder", async () => {
    await writeState(join(folder, ".sluice"), { env: gateway.env, ports: defaultPorts });
    expect((await sluice(["status"], { SLUICE_GATEWAY_URL: "", SLUICE_API_TOKEN: "", SLUICE_HOME: "" })).exitCode).toBe(0);
  });

  it("answers with one JSON value on stdout where that is asked for, failures included", async () => {
    const { value, exitCode } = await json(["show", `${gateway.container}/never`]);
    expect({ value, exitCode }).toMatchObject({ exitCode: 1, value: { error: { code: "OBJECT_GONE" } } });
  });

  it("lists its commands and says which version it is", async () => {
    expect((await sluice(["--help"])).stdout).toMatch(/put .*\n.*get .*\n.*ls /);
    expect((await sluice(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await sluice(["fly"])).exitCode).toBe(1);
  });
});
