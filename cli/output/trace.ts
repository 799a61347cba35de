import type { Ansis } from "ansis";
import stringWidth from "string-width";
import type { OpenRun, Trace, TraceRun } from "../../gateway/client.ts";
import type { Failure } from "../../sdk/contracts/errors.ts";
import { bytes, clock, count, duration, fold, moment, number, printable } from "./format.ts";
import { coloured, mark, placeText, receiptText } from "./state.ts";
import { table, type Column } from "./table.ts";

type View = { readonly width: number; readonly paint: Ansis };
type Dag = TraceRun["dags"][number];
type Attempt = TraceRun["attempts"][number];
type Step = Dag["steps"][number];

/** How a type was settled, in words. */
const settledBy: { readonly [by: string]: string } = {
  declared: "said by the uploader",
  specific: "said by the store",
  extension: "by its name",
  magic: "by its first bytes",
  text: "by a look at its text",
};

/** What happened to an object, task by task, the newest run last. */
export function traceText({ document, runs, open, complete }: Trace, view: View): string {
  const { paint } = view;
  const name = printable(`${document.container}/${document.key}`);
  const facts = [
    document.content_type || "type not settled",
    bytes(document.size),
    `put ${moment(document.creation_date)}${document.swift_user && ` by ${document.swift_user}`}`,
  ];
  const lines = [
    `${mark(document.state, paint)} ${paint.bold(name)}  ${coloured(document.state, paint)}`,
    `  ${paint.dim(facts.map(printable).join(" · "))}`,
    ...document.receipts.map((receipt) => `  ${receiptText(receipt)}`),
    ...(document.reason ? failureLines(document.reason, "  ", view) : []),
    ...runs.flatMap((run, index) => ["", ...runLines(run, `Run ${index + 1} of ${runs.length}`, view)]),
  ];
  if (open) lines.push("", ...openLines(open, view));
  else if (runs.length === 0) lines.push("", ...pendingLines(document.state, document.link, paint));
  if (!complete) lines.push("", paint.yellow("  The catalog could not look at everything in time: there may be more runs."));
  return lines.join("\n");
}

function runLines(run: TraceRun, title: string, view: View): readonly string[] {
  const { paint } = view;
  const took = Date.parse(run.closed) - Date.parse(run.announced);
  const head = `${paint.bold(title)}  ${coloured(run.outcome, paint)} in ${duration(took)}`;
  const way = [
    `came by ${run.door} ${clock(run.announced)}`,
    `claimed ${clock(run.claimed)}`,
    `closed ${clock(run.closed)}`,
    `${run.content_type}, ${settledBy[run.type_by] ?? run.type_by}`,
  ];
  return [
    head,
    ...fold(printable(way.join(" · ")), view.width - 2).map((line) => `  ${paint.dim(line)}`),
    ...run.dags.flatMap((dag) => dagLines(dag, run, view)),
    ...(run.reason && !failsIn(run, run.reason) ? failureLines(run.reason, "  ", view) : []),
    ...(run.successor ? [`  ${paint.dim("went on alone as")} ${printable(run.successor)}`] : []),
    `  ${paint.cyan(run.link)}`,
  ];
}

function dagLines(dag: Dag, run: TraceRun, view: View): readonly string[] {
  const { paint, width } = view;
  const columns: readonly Column<Step>[] = [
    { title: "", value: ({ node, status }) => `${mark(status, paint)} ${printable(node)}` },
    { title: "", value: ({ mode, status }) => (status === "success" ? (mode ?? "") : words(status)), colour: (text) => paint.dim(text) },
    { title: "", value: ({ attempt }) => (attempt && attempt > 1 ? `attempt ${attempt}` : ""), colour: (text) => paint.yellow(text) },
    { title: "", value: ({ started }) => (started ? clock(started) : ""), colour: (text) => paint.dim(text) },
    { title: "", value: ({ took }) => (took === undefined ? "" : duration(took)), align: "right" },
  ];
  const beside = rowsOf(dag.steps, [...columns, { title: "", value: stepResult }], paint);
  const fits = beside.every((row) => stringWidth(row) <= width - 4);
  const rows = fits ? beside : rowsOf(dag.steps, columns, paint);
  const below = (step: Step) => (fits || !stepResult(step) ? [] : [`      ${stepResult(step)}`]);
  return [
    `  ${mark(dag.outcome, paint)} ${paint.bold(printable(dag.dag))} ${paint.dim(`plan ${dag.plan.slice(0, 12)}`)}`,
    ...dag.steps.flatMap((step, index) => [`    ${rows[index] ?? ""}`, ...below(step), ...causes(step, run, view)]),
  ];
}

/** Columns that no step fills take no room. */
function rowsOf(steps: readonly Step[], columns: readonly Column<Step>[], paint: Ansis): readonly string[] {
  const filled = columns.filter(({ value }) => steps.some((step) => value(step) !== ""));
  return table(steps, filled, { width: Infinity, paint }).split("\n").slice(1);
}

function stepResult({ receipt, rows }: Step): string {
  if (receipt) return receiptText(receipt);
  return rows === undefined ? "" : count(rows, "row");
}

/** The attempts that failed before, then why the step failed in the end. */
function causes(step: Step, run: TraceRun, view: View): readonly string[] {
  const failed = run.attempts.filter(({ task, attempt }) => task === step.task && attempt < (step.attempt ?? Infinity));
  const earlier = failed.flatMap((each) => attemptLines(each, "", "      ", view));
  // What did not run because of a failure before it says nothing new.
  return [...earlier, ...(step.failure && step.status !== "upstreamFailed" ? failureLines(step.failure, "      ", view) : [])];
}

function attemptLines({ attempt, at, failure }: Attempt, task: string, indent: string, view: View): readonly string[] {
  const head = view.paint.yellow(`attempt ${number(attempt)} failed ${clock(at)}`);
  return [`${indent}${task}${head}`, ...failureLines(failure, `${indent}  `, view)];
}

/** What is known of a run before its end: what failed so far. */
function openLines({ link, attempts }: OpenRun, view: View): readonly string[] {
  const { paint } = view;
  return [
    `${paint.bold("A run has it now")}${attempts.length === 0 ? "" : `  ${paint.yellow(`${count(attempts.length, "attempt")} failed so far`)}`}`,
    ...attempts.flatMap((each) => attemptLines(each, `${printable(each.task)}  `, "    ", view)),
    `  ${paint.cyan(link)}`,
  ];
}

/** Code and place, the sentence, the cause. */
export function failureLines(failure: Failure, indent: string, { width, paint }: View): readonly string[] {
  const place = placeText(failure.place);
  const room = width - stringWidth(indent);
  return [
    paint.red(failure.code) + (place && paint.dim(` at ${place}`)),
    ...fold(printable(failure.message), room),
    ...(failure.cause ? fold(printable(`Cause: ${failure.cause}`), room).map((line) => paint.dim(line)) : []),
  ].map((line) => indent + line);
}

function failsIn(run: TraceRun, reason: Failure): boolean {
  return run.dags.some(({ steps }) => steps.some(({ failure }) => failure?.message === reason.message));
}

function pendingLines(state: string, link: string | undefined, paint: Ansis): readonly string[] {
  if (state === "announced") return ["  No run has taken it yet. `sluice status` says whether arrivals are waiting."];
  return link ? ["  A run has it:", `  ${paint.cyan(link)}`] : ["  No run of it is on record."];
}

function words(status: string): string {
  return status === "upstreamFailed" ? "not run" : status;
}
