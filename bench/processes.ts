import { readFile, writeFile } from "node:fs/promises";
import { runningProcesses } from "../infra/local/processes.ts";

/** Something of each process of a lake, by its name. */
export type ByProcess = { readonly [process: string]: number };

/** The clock of /proc ticks a hundred times a second on every Linux. */
const ticksASecond = 100;

/** Processor seconds that each process of the lake has taken so far, and this one (`bench`). Linux only. */
export async function cpuSeconds(home: string): Promise<ByProcess> {
  return await ofEach(home, async (pid) => {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticksASecond;
  });
}

/** The largest resident memory of each process since {@link resetPeaks}, in MB. */
export async function peakMemory(home: string): Promise<ByProcess> {
  return await ofEach(home, async (pid) => {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return (Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024) / 1e6;
  });
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

async function ofEach(home: string, read: (pid: number) => Promise<number>): Promise<ByProcess> {
  const processes = [...(await runningProcesses(home)), { name: "bench", pid: process.pid }];
  return Object.fromEntries(
    await Promise.all(processes.map(async ({ name, pid }) => [name, await read(pid).catch(() => Number.NaN)] as const)),
  );
}
