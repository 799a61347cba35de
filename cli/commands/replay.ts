import { spawn } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { retryable, terminal } from "../../sdk/contracts/errors.ts";
import type { ReplayRequest, ReplayVerdict } from "../../sdk/contracts/replay.ts";
import { time } from "../arguments.ts";
import { count, fold, printable } from "../output/format.ts";
import { createOutput, type Output } from "../output/output.ts";
import { mark } from "../output/state.ts";

type Options = { readonly all?: boolean; readonly since?: string; readonly json?: boolean };

/** Beside the rest of the engine: the same file is TypeScript in a clone and JavaScript in the package. */
const replayer = fileURLToPath(new URL(`../../workers/replay-main${extname(import.meta.url)}`, import.meta.url));

export function replayCommand(): Command {
  return new Command("replay")
    .description("lead today's workflow code through recorded runs, and show where it would do something else")
    .argument("[run|workflow|container/key]", "a run, a workflow or an object")
    .option("--all", "all runs that Temporal or the lake's archive has")
    .option("--since <time>", "with --all: those that closed since: a time, or how long ago as 2d", time("--since"))
    .option("--json", "print one JSON value")
    .action(async (subject: string | undefined, options: Options) => {
      const output = createOutput(options);
      const verdicts: ReplayVerdict[] = [];
      const counts = { replayed: 0, different: 0, lost: 0, forgotten: 0 };
      for await (const verdict of replay(requestOf(subject, options))) {
        counts[verdict.from === "lost" || verdict.from === "forgotten" ? verdict.from : "replayed"] += 1;
        if (verdict.difference) counts.different += 1;
        // Of all runs only what differs is kept in memory, and worth reading.
        if (options.all && !verdict.difference) continue;
        verdicts.push(verdict);
        output.print(verdictText(verdict, output));
      }
      output.print(summary(counts, output));
      const ok = counts.different + counts.lost === 0;
      output.result({ ok, ...counts, runs: verdicts });
      if (!ok) process.exitCode = 1;
    });
}

function requestOf(subject: string | undefined, { all = false, since }: Options): ReplayRequest {
  if ((subject === undefined) === !all) {
    throw terminal("WRONG_ARGUMENT", "Say what to replay: a run's id, a workflow's id or CONTAINER/KEY; or --all for every recorded run.");
  }
  if (subject === undefined) return since === undefined ? {} : { since };
  if (since === undefined) return { subject };
  throw terminal("WRONG_ARGUMENT", "--since narrows --all down: leave it out where one run, workflow or object is named.");
}

/** In a process of its own: Temporal's engine is native code, of which the other commands need nothing. */
async function* replay(request: ReplayRequest): AsyncGenerator<ReplayVerdict> {
  const child = spawn(process.execPath, [...process.execArgv, replayer, JSON.stringify(request)], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  const said = text(child.stderr);
  try {
    for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as ReplayVerdict;
    const [code] = await ended;
    if (code !== 0) throw retryable("REPLAY_FAILED", (await said).trim() || `The replay ended with code ${code}.`);
  } finally {
    child.kill();
  }
}

const withoutHistory = {
  lost: "no history: it left Temporal before it was archived; `sluice trace` shows what the catalog knows of it",
  forgotten: "no history: it went when its object was forgotten",
} as const;

/** One run: that it would do the same, or where and why not. */
export function verdictText(
  { workflow_id, run_id, from, events, difference }: ReplayVerdict,
  { paint, width }: Pick<Output, "paint" | "width">,
): string {
  if (from === "lost" || from === "forgotten")
    return `${mark(from === "lost" ? "failed" : "skipped", paint)} ${printable(workflow_id)}  ${paint.dim(`${withoutHistory[from]} (run ${run_id})`)}`;
  const beside = paint.dim(`${count(events, "event")}${from === "archive" ? ", from the archive" : ""}`);
  const head = `${mark(difference ? "failed" : "success", paint)} ${printable(workflow_id)}  ${difference ? paint.red("differs") : "same"}  ${beside}`;
  if (!difference) return head;
  const where = difference.event === undefined ? "" : `at event ${difference.event} (${difference.event_type ?? "unknown"}) `;
  return [
    head,
    `    ${where}${paint.dim(`of run ${run_id}`)}`,
    ...fold(printable(difference.message), width - 4).map((line) => `    ${line}`),
  ].join("\n");
}

type Counts = { readonly replayed: number; readonly different: number; readonly lost: number; readonly forgotten: number };

function summary({ replayed, different, lost, forgotten }: Counts, { paint }: Output): string {
  const missing = lost + forgotten > 0 ? ` Of ${count(lost + forgotten, "run")} there is no history.` : "";
  if (different === 0) return paint.green(`${count(replayed, "run")} replayed, all the same.`) + missing;
  const advice = "Put the change of the workflow code behind `patched`, or let open runs end with the Sluice that began them.";
  return `${paint.red(`${different} of ${count(replayed, "run")} differ.`)} ${advice}${missing}`;
}
