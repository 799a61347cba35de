import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { terminal } from "../../sdk/contracts/errors.ts";
import { lakePaths } from "../config.ts";
import { identityOf } from "./process-identity.ts";
import type { Launch } from "./recipe.ts";

const recordSchema = z.object({
  name: z.string(),
  pid: z.number().int(),
  /** Which process had that pid: a number alone is handed out again. */
  identity: z.string(),
  command: z.array(z.string()),
  /** Of command and environment: one started with other settings is another. */
  settings: z.string(),
  port: z.number().int(),
});

/** A process that the lake started, as its file in the folder `processes` tells. */
export type ProcessRecord = z.output<typeof recordSchema>;

export type Started = { readonly record: ProcessRecord; readonly log: string; readonly exited: Promise<string> };

/** Starts a process that outlives this one, in a group of its own, its output in `logs/<name>.log`. */
export async function startProcess(home: string, name: string, port: number, launch: Launch): Promise<Started> {
  const { logs, processes } = lakePaths(home);
  await Promise.all([logs, processes].map((folder) => mkdir(folder, { recursive: true })));
  const log = join(logs, `${name}.log`);
  const output = openSync(log, "a");
  const child = spawn(launch.command, launch.args, {
    detached: true,
    stdio: ["ignore", output, output],
    env: { ...withoutSluice(process.env), ...launch.env },
  });
  closeSync(output);
  const pid = await pidOf(child, name, launch.command);
  const exited = once(child, "exit").then(([code, signal]) => `ended with ${signal ?? `code ${code}`}`);
  child.unref();
  const record: ProcessRecord = {
    name,
    pid,
    identity: (await identityOf(pid)) ?? "gone",
    command: [launch.command, ...launch.args],
    settings: settingsOf(launch),
    port,
  };
  await writeFile(recordFile(home, name), JSON.stringify(record, null, 2));
  return { record, log, exited };
}

async function pidOf(child: ChildProcess, name: string, command: string): Promise<number> {
  if (child.pid === undefined) {
    const [cause] = (await once(child, "error")) as [Error];
    throw terminal("PROGRAM_MISSING", `${name} could not be started: \`${command}\`: ${cause.message}. Is it installed?`, { cause });
  }
  return child.pid;
}

/** What of the environment reaches a process is said by its launch, not by whoever runs `sluice up`. */
function withoutSluice(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("SLUICE_")));
}

export function settingsOf({ command, args, env }: Launch): string {
  const variables = Object.entries(env ?? {}).sort(([one], [other]) => one.localeCompare(other));
  return createHash("sha256")
    .update(JSON.stringify([command, args, variables]))
    .digest("hex")
    .slice(0, 16);
}

/** The lake's process of this name, if it runs. */
export async function runningProcess(home: string, name: string): Promise<ProcessRecord | undefined> {
  const text = await readFile(recordFile(home, name), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = recordSchema.safeParse(JSON.parse(text));
  return parsed.success && (await isRunning(parsed.data)) ? parsed.data : undefined;
}

export async function runningProcesses(home: string): Promise<readonly ProcessRecord[]> {
  const files = await readdir(lakePaths(home).processes).catch(() => []);
  const names = files.filter((file) => file.endsWith(".json")).map((file) => file.slice(0, -".json".length));
  const found = await Promise.all(names.map((name) => runningProcess(home, name)));
  return found.filter((record) => record !== undefined);
}

/** Asks the process and all it started to end; makes them after `grace` milliseconds. */
export async function stopProcess(home: string, record: ProcessRecord, grace = 20_000): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (!(await isRunning(record))) break;
    signalGroup(record.pid, signal);
    const deadline = performance.now() + grace;
    while (performance.now() < deadline && (await isRunning(record))) await sleep(50);
  }
  await rm(recordFile(home, record.name), { force: true });
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

async function isRunning(record: ProcessRecord): Promise<boolean> {
  return (await identityOf(record.pid)) === record.identity;
}

function recordFile(home: string, name: string): string {
  return join(lakePaths(home).processes, `${name}.json`);
}
