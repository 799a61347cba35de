import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSamples } from "../../cli/samples/expected.ts";
import { stopLake } from "../../infra/local/lake.ts";
import { freePorts } from "../../infra/local/ports.ts";
import { runningProcesses } from "../../infra/local/processes.ts";

const command = fileURLToPath(new URL("../../bin/sluice.js", import.meta.url));
const samples = await readSamples();
const everything = ["gateway", "influxdb", "minio", "mongo", "neo4j", "temporal", "worker"];

/** Takes what the samples expect another DAG to take. */
const usurper = `
  import { arrival, dag, object, task } from "sluice/sdk";
  const keep = task({ name: "keep", in: object, run() {} });
  export default dag({ name: "usurper", on: arrival({ types: "image/*" }), flow: (object) => keep(object) });
`;

describe("sluice start, with all servers its own", { timeout: 180_000 }, () => {
  let home: string;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "sluice-start-"));
    const ports = Object.entries(await freePorts()).map(([server, port]) => `${server}=${port}`);
    const others = Object.entries(process.env).filter(([name]) => !name.startsWith("SLUICE_"));
    env = { ...Object.fromEntries(others), SLUICE_HOME: home, SLUICE_PORTS: ports.join(",") };
  });
  afterAll(async () => {
    await stopLake(home);
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  });

  const sluice = (words: readonly string[]) => execa(process.execPath, [command, ...words], { env, extendEnv: false, reject: false });

  it("--once puts the samples, ends with 0 where each landed as expected, and leaves nothing running", async () => {
    const { exitCode, stdout, stderr } = await sluice(["start", "--once", "--json"]);
    expect(exitCode, stderr).toBe(0);
    const { samples: outcomes } = JSON.parse(stdout) as { readonly samples: readonly { readonly problems: readonly string[] }[] };
    expect(outcomes.map(({ problems }) => problems)).toEqual(samples.map(() => []));
    expect(await runningProcesses(home)).toEqual([]);
  });

  it("--once ends with 1 where a sample did not land as expected, and says which and how", async () => {
    await writeFile(join(home, "usurper.ts"), usurper);
    const { exitCode, stderr } = await sluice(["start", "--once", "--dags", home]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/\.jpg: the DAG image should have taken it/);
  });

  it("is ready again within 30 seconds, with the data of before, stays until Ctrl-C, and stops everything then", async () => {
    const begin = Date.now();
    const staying = sluice(["start"]);
    let said = "";
    staying.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    try {
      await expect.poll(() => said, { timeout: 100_000 }).toContain("✓ Notifications");
      expect(Date.now() - begin).toBeLessThan(30_000);
      await expect.poll(() => said, { timeout: 100_000 }).toContain("The lake is up");
      expect((await runningProcesses(home)).map(({ name }) => name).sort()).toEqual(everything);
      const [sample] = samples;
      const trace = await sluice(["trace", `${sample?.container}/${sample?.key}`, "--json"]);
      expect((JSON.parse(trace.stdout) as { readonly runs: readonly unknown[] }).runs).toHaveLength(3);
    } finally {
      staying.kill("SIGINT");
      await staying;
    }
    const { exitCode, stdout } = await staying;
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Temporal UI") });
    expect(await runningProcesses(home)).toEqual([]);
  });
});
