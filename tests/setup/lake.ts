import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { install } from "../../infra/local/install.ts";
import { findLake, type Lake, startLake } from "../../infra/local/lake.ts";
import { freePorts } from "../../infra/local/ports.ts";
import { runningProcesses } from "../../infra/local/processes.ts";
import type { Report } from "../../infra/local/progress.ts";
import { recipes } from "../../infra/local/recipes/index.ts";

/** Servers for the integration tests, on ports and in a folder of their own, unless `SLUICE_TEST_LAKE` names some. */
export async function setup(): Promise<() => Promise<void>> {
  const joined = process.env["SLUICE_TEST_LAKE"];
  if (joined) {
    Object.assign(process.env, (await joinLake(joined)).env);
    return async () => {};
  }
  const home = await mkdtemp(join(tmpdir(), "sluice-test-"));
  const remove = guard(home);
  try {
    const [lake] = await Promise.all([
      startLake({ home, ports: await freePorts(), env: serversNamedIn(process.env), report }),
      install(recipes.versitygw, (detail) => report({ step: "versitygw", state: "done", ms: 0, detail })),
    ]);
    Object.assign(process.env, lake.env);
  } catch (error) {
    await remove();
    throw error;
  }
  return remove;
}

async function joinLake(home: string): Promise<Lake> {
  const lake = await findLake(home);
  if (lake === undefined || (await runningProcesses(home)).length === 0) {
    throw new Error(`SLUICE_TEST_LAKE names ${home}, where no lake runs. Start one: node tests/setup/dev-lake.ts up ${home}`);
  }
  return lake;
}

/** Of the environment only which servers to test against; not which gateway, folders or limits somebody works with. */
function serversNamedIn(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => /^SLUICE_(TEMPORAL|S3|MONGO|INFLUX|NEO4J)_/.test(name)));
}

/** A process that removes the lake when told to, and also when this process ends without a word. */
function guard(home: string): () => Promise<void> {
  const file = fileURLToPath(new URL("./lake-guard.ts", import.meta.url));
  const child = spawn(process.execPath, [file, home], { detached: true, stdio: ["pipe", "ignore", "inherit"] });
  const ended = once(child, "exit");
  return async () => {
    child.stdin.end();
    await ended;
  };
}

const report: Report = ({ step, state, ms, detail }) => {
  const worthTelling = state !== "working" || detail.startsWith("building");
  if (worthTelling) process.stderr.write(`  ${step}: ${detail} (${(ms / 1_000).toFixed(1)} s)\n`);
};
