import { readdir, readFile, writeFile } from "node:fs/promises";
import { runningProcesses } from "../infra/local/processes.ts";
import { sum } from "./statistics.ts";

/** Something of each process of a lake, by its name. */
export type ByProcess = { readonly [process: string]: number };

/** The clock of /proc ticks a hundred times a second on every Linux. */
const ticksASecond = 100;

/** Processor seconds that each process of the lake has taken so far with its children, and this one (`bench`). Linux only. */
export async function cpuSeconds(home: string): Promise<ByProcess> {
  return await ofEach(home, async (pid) => {
    const fields = await statOf(pid);
    // The last two are of children that have ended.
    return sum([11, 12, 13, 14].map((index) => Number(fields[index]))) / ticksASecond;
  });
}

/** The largest resident memory of each process since {@link resetPeaks}, and of the children that it has now, in MB. */
export async function peakMemory(home: string): Promise<ByProcess> {
  return await ofEach(home, (pid) => megabytesOf(pid, "VmHWM"));
}

/** The resident memory of each process and its children, in MB. */
export async function residentMemory(home: string): Promise<ByProcess> {
  return await ofEach(home, (pid) => megabytesOf(pid, "VmRSS"));
}

async function megabytesOf(pid: number, what: "VmHWM" | "VmRSS"): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return (Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1_024) / 1e6;
}

export async function resetPeaks(home: string): Promise<void> {
  await ofEach(home, async (pid) => {
    await writeFile(`/proc/${pid}/clear_refs`, "5");
    return 0;
  });
}

export function difference(after: ByProcess, before: ByProcess): ByProcess {
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]));
}

/** The sum over each process and those that it started. This one started the lake: it counts alone. */
async function ofEach(home: string, read: (pid: number) => Promise<number>): Promise<ByProcess> {
  const processes = await runningProcesses(home);
  const children = await childrenOf(processes.map(({ pid }) => pid));
  const all = [
    ...processes.map(({ name, pid }) => ({ name, pids: [pid, ...(children.get(pid) ?? [])] })),
    { name: "bench", pids: [process.pid] },
  ];
  const total = async ([first = 0, ...others]: readonly number[]) =>
    sum([await read(first).catch(() => Number.NaN), ...(await Promise.all(others.map((pid) => read(pid).catch(() => 0))))]);
  return Object.fromEntries(await Promise.all(all.map(async ({ name, pids }) => [name, await total(pids)] as const)));
}

/** Those that are there now, and theirs, by the process that they began with. */
async function childrenOf(roots: readonly number[]): Promise<ReadonlyMap<number | undefined, readonly number[]>> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = new Map(await Promise.all(pids.map(async (pid) => [pid, Number((await statOf(pid).catch(() => []))[1])] as const)));
  const rootOf = (pid: number): number | undefined => {
    const parent = parents.get(pid);
    return parent === undefined || roots.includes(parent) ? parent : rootOf(parent);
  };
  return Map.groupBy(pids, rootOf);
}

/** From the state on: what stands before it may hold anything. */
async function statOf(pid: number): Promise<readonly string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
