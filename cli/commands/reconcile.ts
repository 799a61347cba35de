import { Command } from "commander";
import type { GatewayClient, ReconciliationOverview, ReconciliationRun } from "../../gateway/client.ts";
import { terminal } from "../../sdk/contracts/errors.ts";
import { positive } from "../arguments.ts";
import { connectGateway } from "../gateway.ts";
import { details } from "../output/details.ts";
import { count, moment, number, printable } from "../output/format.ts";
import { createOutput, type Output } from "../output/output.ts";
import { showCounter } from "../output/progress.ts";
import { coloured, mark } from "../output/state.ts";
import { table } from "../output/table.ts";
import { follow } from "../wait/follow.ts";

type Options = {
  readonly now?: boolean;
  readonly container?: string;
  readonly prefix?: string;
  readonly grace?: number;
  readonly wait?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
};

export function reconcileCommand(): Command {
  return new Command("reconcile")
    .description("compare the stores with the catalog, and process what no webhook announced; without --now, say how far that is")
    .option("--now", "compare now, and all of it, instead of share by share")
    .option("--container <container>", "with --now: this container only")
    .option("--prefix <prefix>", "with --container: keys that begin so")
    .option(
      "--grace <seconds>",
      "with --now: leave what landed since to its webhook (0: nothing; by default SLUICE_RECONCILE_GRACE)",
      seconds,
    )
    .option("--wait", "with --now: wait until what was found is processed, and report")
    .option("--timeout <seconds>", "with --wait: the longest wait", positive("--timeout"), 3_600)
    .option("--json", "print one JSON value")
    .action(async (options: Options) => {
      if (!options.now && (options.container ?? options.prefix ?? options.grace ?? options.wait) !== undefined)
        throw terminal("WRONG_ARGUMENT", "--container, --prefix, --grace and --wait say what to compare --now: add it, or leave them out.");
      const client = await connectGateway();
      await (options.now ? compare(client, options) : overview(client, options));
    });
}

async function compare(client: GatewayClient, options: Options): Promise<void> {
  const output = createOutput(options);
  const { container, prefix, grace } = options;
  const started = await client.reconcile({
    ...(container !== undefined && { container }),
    ...(prefix !== undefined && { prefix }),
    ...(grace !== undefined && { grace: grace * 1_000 }),
  });
  const run = options.wait ? await watch(client, started.id, output, options.timeout * 1_000) : started;
  output.print(
    options.wait ? runText(run, output) : `${mark("waiting", output.paint)} reconciliation ${run.id}  ${output.paint.cyan(run.link)}`,
  );
  if (!isOver(run)) output.note("It goes on: `sluice reconcile` says how far it is.");
  const ok = !options.wait || isWell(run);
  output.result({ ok, reconciliation: run });
  if (!ok) process.exitCode = 1;
}

async function watch(client: GatewayClient, id: string, output: Output, timeout: number): Promise<ReconciliationRun> {
  using bar = showCounter(output);
  return await follow({
    look: () => client.reconciliation(id),
    isOver,
    done: (run) => run.listed + doneOf(run),
    show: (run) => bar.update(doneOf(run), run.found, seenText(run)),
    timeout,
  });
}

async function overview(client: GatewayClient, options: Options): Promise<void> {
  const output = createOutput(options);
  const seen = await client.reconciliations();
  output.result(seen);
  output.print(overviewText(seen, output));
}

function overviewText({ containers, runs, waiting_list: waiting }: ReconciliationOverview, output: Output): string {
  const { paint } = output;
  const passes = table(
    containers,
    [
      { title: "container", value: ({ container }) => printable(container) },
      { title: "store", value: ({ store }) => store },
      { title: "last compared as a whole", value: ({ whole }) => (whole ? moment(whole.begun) : "never") },
      { title: "objects", value: ({ whole }) => (whole ? number(whole.size) : ""), align: "right" },
      { title: "since then", value: ({ listed }) => (listed > 0 ? `${number(listed)} listed` : "") },
    ],
    output,
  );
  const last = table(
    runs,
    [
      { title: "reconciliation", value: ({ id }) => id },
      { title: "state", value: ({ state }) => state, colour: (text, run) => coloured(colourOf(run), paint, text) },
      { title: "seen", value: seenText, flexible: true },
      { title: "found ones", value: outcomesText, flexible: true },
    ],
    output,
  );
  const [latest] = runs;
  const left = (waiting?.examples ?? []).map(({ entry, reason }) => `  ${paint.red("✗")} ${printable(entry)}: ${printable(reason)}`);
  return [
    containers.length > 0 ? passes : "Nothing has been compared yet: `sluice up` has it done by the clock, --now does it at once.",
    ...(runs.length > 0 ? ["", last] : []),
    ...(latest?.problem ? ["", `  ${paint.red("✗")} ${printable(latest.problem)}`] : []),
    ...(waiting && waiting.unknown > 0
      ? ["", `${count(waiting.unknown, "entry", "entries")} of the waiting list cannot be processed:`, ...left]
      : []),
  ].join("\n");
}

function runText(run: ReconciliationRun, { paint }: Output): string {
  const { id, state, scope, findings, problem, problems, link } = run;
  const kinds = Object.entries(findings).flatMap(([kind, amount]) => (amount > 0 ? [`${number(amount)} ${kind}`] : []));
  return details(
    [
      ["reconciliation", paint.bold(id)],
      ["state", coloured(colourOf(run), paint, state)],
      ["of", printable(scope.container === undefined ? "all containers" : `${scope.container}/${scope.prefix ?? ""}`)],
      ["seen", seenText(run)],
      ["found", [number(run.found), ...(kinds.length > 0 ? [`(${kinds.join(", ")})`] : [])].join(" ")],
      ["started", run.started > 0 ? outcomesText(run) : ""],
      ["problem", printable([...problems, ...(problem && problems.length === 0 ? [problem] : [])].join("\n"))],
      ["run", paint.cyan(link)],
    ],
    paint,
  );
}

/** `12,000 listed, 11,990 known, 10 found`. */
function seenText({ listed, known, found, young, gone }: ReconciliationRun): string {
  const rest = { "left to their webhooks": young, "deleted in the store": gone };
  const more = Object.entries(rest).flatMap(([what, amount]) => (amount > 0 ? [`${number(amount)} ${what}`] : []));
  return [`${number(listed)} listed`, `${number(known)} known`, `${number(found)} found`, ...more].join(", ");
}

/** `9 of 10 processed, 1 quarantined`. */
function outcomesText(run: ReconciliationRun): string {
  const { started, processed, quarantined, failed, other } = run;
  if (started === 0) return "";
  const rest = { quarantined, failed, "taken by other runs or gone": other, "under way": started - doneOf(run) };
  const more = Object.entries(rest).flatMap(([what, amount]) => (amount > 0 ? [`${number(amount)} ${what}`] : []));
  return [`${number(processed)} of ${number(started)} processed`, ...more].join(", ");
}

function doneOf({ processed, quarantined, failed, other }: ReconciliationRun): number {
  return processed + quarantined + failed + other;
}

function isOver({ state }: ReconciliationRun): boolean {
  return state !== "running";
}

/** All was compared, and what was found is processed, by this run or another. */
function isWell({ state, started, processed, other }: ReconciliationRun): boolean {
  return state === "completed" && processed + other === started;
}

function colourOf(run: ReconciliationRun): string {
  return isOver(run) ? (run.state === "completed" && run.quarantined + run.failed === 0 ? "processed" : "failed") : "processing";
}

function seconds(text: string): number {
  const amount = Number(text);
  if (text.trim() !== "" && Number.isFinite(amount) && amount >= 0) return amount;
  throw terminal("WRONG_ARGUMENT", `--grace: found "${text}", expected a number of seconds, 0 or more.`);
}
