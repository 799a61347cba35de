import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createGatewayClient, type DagList } from "../../gateway/client.ts";
import { lakePaths } from "../../infra/config.ts";
import type { Lake } from "../../infra/local/lake.ts";
import { runningProcesses } from "../../infra/local/processes.ts";
import { dagNews } from "../dags/news.ts";
import type { Output } from "../output/output.ts";

const interval = 2_000;

/**
 * Until the signal, or until somebody else has stopped the lake. Tells meanwhile of each process that ends without
 * having been asked to, and of what becomes of the DAGs.
 */
export async function stay(lake: Pick<Lake, "home" | "settings">, output: Output, signal: AbortSignal): Promise<"interrupted" | "stopped"> {
  const processes = await watchProcesses(lake.home);
  const dags = watchDags(lake, output);
  while (!signal.aborted) {
    const { ended, stopped } = await processes.look();
    for (const { name, log } of ended) output.note(output.paint.red(`${name} has ended; ${log} says why. \`sluice up\` starts it again.`));
    if (stopped) return "stopped";
    for (const line of await dags.look(signal)) output.note(line);
    await pause(interval, undefined, { signal }).catch(() => {});
  }
  return "interrupted";
}

/** The record of a process is removed when it is stopped on purpose, and stays when it ends by itself. */
export async function watchProcesses(home: string) {
  const { processes, logs } = lakePaths(home);
  const hasRecord = (name: string) => existsSync(join(processes, `${name}.json`));
  const names = async () => (await runningProcesses(home)).map(({ name }) => name);
  const expected = new Set(await names());
  let suspects: readonly string[] = [];
  return {
    /** Those that have ended by themselves, once each; and whether the lake was stopped. */
    async look() {
      const running = await names();
      const absent = [...expected].filter((name) => !running.includes(name));
      const recorded = absent.filter(hasRecord);
      // Between the end of a process and the end of its record there are milliseconds.
      const ended = recorded.filter((name) => suspects.includes(name));
      suspects = recorded;
      for (const name of ended) expected.delete(name);
      for (const name of running) expected.add(name);
      return {
        ended: ended.map((name) => ({ name, log: join(logs, `${name}.log`) })),
        stopped: running.length === 0 && absent.length > recorded.length,
      };
    },
  };
}

function watchDags({ settings }: Pick<Lake, "settings">, output: Output) {
  const client = createGatewayClient({ url: settings.SLUICE_GATEWAY_URL, token: settings.SLUICE_API_TOKEN });
  let before: DagList | undefined;
  return {
    /** Nothing where the gateway does not answer: that it has ended is told elsewhere. */
    async look(signal: AbortSignal): Promise<readonly string[]> {
      const now = await client.dagList(AbortSignal.any([signal, AbortSignal.timeout(interval)])).catch(() => undefined);
      if (!now) return [];
      const news = dagNews(before ?? { ...now, broken_files: [] }, now, output);
      before = now;
      return news;
    },
  };
}
