import type { Ansis } from "ansis";
import stringWidth from "string-width";
import type { OpenRun, Trace, TraceRun } from "../../gateway/client.ts";
import type { Failure } from "../../sdk/contracts/errors.ts";
import { arrivalLines } from "./arrivals.ts";
import { bytes, clock, count, duration, fold, foldFacts, moment, number, printable } from "./format.ts";
import { coloured, mark, placeText, receiptText } from "./state.ts";
import { table, type Column } from "./table.ts";

type View = { readonly width: number; readonly paint: Ansis };
type Dag = TraceRun["dags"][number];
type Attempt = TraceRun["attempts"][number];
type Step = Dag["steps"][number];
type Duplicate = Trace["duplicates"][number];
type Audited = Trace["audit"][number];
type LostRun = Trace["lost"][number];

/** How a type was settled, in words. */
const settledBy: { readonly [by: string]: string } = {
  declared: "said by the uploader",
  specific: "said by the store",
  extension: "by its name",
  magic: "by its first bytes",
  text: "by a look at its text",
};

/** What happened to an object, in order: each run task by task, news that brought nothing, what people had done, what waits. */
export function traceText(trace: Trace, view: View): string {
  const { runs, open, duplicates, audit, lost, complete } = trace;
  const { paint } = view;
  const told = runs.filter((run) => !isToldLater(run, runs));
  const chapters = [
    ...told.map((run, index) => ({
      at: run.claimed,
      lines: runLines(run, `Run ${index + 1} of ${told.length}`, { before: told[index - 1], left: groupLeft(run, runs) }, view),
    })),
    ...duplicates.map((duplicate) => ({ at: duplicate.refused, lines: duplicateLines(duplicate, view) })),
    ...audit.map((entry) => ({ at: entry.at, lines: auditLines(entry, view) })),
  ].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  const waiting = trace.arrivals.filter(
    ({ workflow_id: id }) => id === undefined || ![open, ...runs].some((run) => run?.workflow_id === id),
  );
  const lines = [
    ...headLines(trace, view),
    ...chapters.flatMap((chapter) => ["", ...chapter.lines]),
    ...lost.flatMap((run) => ["", ...lostLines(run, view)]),
  ];
  if (open) lines.push("", ...openLines(open, view));
  for (const arrival of waiting) lines.push("", ...arrivalLines(arrival, view));
  if (!open && runs.length + lost.length + waiting.length === 0) lines.push("", ...pendingLines(trace, paint));
  if (!complete)
    lines.push(
      "",
      paint.yellow("  This is not all: there is more than is shown at once, or the catalog could not look at everything in time."),
    );
  return lines.join("\n");
}

function headLines({ container, key, document, arrivals }: Trace, view: View): readonly string[] {
  const { paint } = view;
  const state = document?.state ?? arrivals.at(-1)?.state ?? "announced";
  const head = `${mark(state, paint)} ${paint.bold(printable(`${container}/${key}`))}  ${coloured(state, paint)}`;
  if (!document) return [head];
  const { content_type: type, size, creation_date: put, swift_user: user, receipts, reason } = document;
  const facts = [type || "type not settled", bytes(size), `put ${moment(put)}${user && ` by ${user}`}`];
  return [
    head,
    `  ${paint.dim(facts.map(printable).join(" · "))}`,
    ...receipts.map((receipt) => `  ${receiptText(receipt)}`),
    ...(reason ? failureLines(reason, "  ", view) : []),
  ];
}

/** The run of a group tells nothing that the run of the object which left it does not tell again. */
function isToldLater({ outcome, successor, attempts }: TraceRun, runs: readonly TraceRun[]): boolean {
  return outcome === "handed-over" && attempts.length === 0 && runs.some(({ workflow_id }) => workflow_id === successor);
}

function groupLeft({ workflow_id }: TraceRun, runs: readonly TraceRun[]): TraceRun | undefined {
  return runs.find((run) => run.successor === workflow_id && isToldLater(run, runs));
}

type Beside = { readonly before: TraceRun | undefined; readonly left: TraceRun | undefined };

function runLines(run: TraceRun, title: string, { before, left }: Beside, view: View): readonly string[] {
  const { paint } = view;
  const took = Date.parse(run.closed) - Date.parse(run.announced);
  const way = [
    `${came(run.door)} ${moment(run.announced)}`,
    `claimed ${clock((left ?? run).claimed)}`,
    left ? `left the group ${left.workflow_id}` : "",
    `closed ${clock(run.closed)}`,
    run.content_type && `${run.content_type}, ${settledBy[run.type_by] ?? run.type_by}`,
    run.version === before?.version ? "the same version" : `version ${run.version}`,
  ];
  return [
    `${paint.bold(title)}  ${coloured(run.outcome, paint)} in ${duration(took)}`,
    ...foldFacts(way, view.width - 2).map((line) => `  ${paint.dim(line)}`),
    ...run.dags.flatMap((dag) => dagLines(dag, run, view)),
    ...(run.reason && !failsIn(run, run.reason) ? failureLines(run.reason, "  ", view) : []),
    ...(run.successor ? [`  ${paint.dim("went on alone as")} ${printable(run.successor)}`] : []),
    ...placeOfRun(run, paint),
  ];
}

const came = (door: string) => (door === "reprocess" ? "asked for again" : `came by ${door}`);

/** Where its history is to be seen: in the Temporal UI as long as that has it, afterwards in the lake. */
function placeOfRun({ link, run_id, archived, in_temporal: known = true }: TraceRun, paint: Ansis): readonly string[] {
  if (known) return [`  ${paint.cyan(link)}${archived ? paint.dim("  also in the archive") : ""}`];
  return [
    archived
      ? `  ${paint.dim("Temporal has forgotten this run; the archive has its history:")} sluice replay ${run_id}`
      : `  ${paint.dim("Temporal has forgotten this run, and the archive has no history of it.")}`,
  ];
}

function duplicateLines({ door, announced, refused, holder }: Duplicate, { paint, width }: View): readonly string[] {
  const head = `${paint.bold(`Came again by ${printable(door)}`)}  ${paint.yellow("duplicate")}`;
  const way = [`announced ${moment(announced)}`, `refused ${clock(refused)}: its version belongs to ${holder}`];
  return [head, ...foldFacts(way, width - 2).map((line) => `  ${paint.dim(line)}`)];
}

function auditLines(
  { action, at, by, selection = {}, counts = {}, notes = [], workflow_id, link }: Audited,
  { paint, width }: View,
): readonly string[] {
  const facts = [
    moment(at),
    ...Object.entries(selection).map(([what, values]) => `${what} ${chosen(values)}`),
    ...Object.entries(counts).map(([what, amount]) => `${number(amount)} ${what}`),
    ...notes,
    workflow_id ?? "",
  ];
  return [
    `${paint.bold(`${action.slice(0, 1).toUpperCase()}${action.slice(1)}`)}  ${by ? `by ${printable(by)}` : paint.dim("nobody said who asked")}`,
    ...foldFacts(facts, width - 2).map((line) => `  ${paint.dim(line)}`),
    ...(link ? [`  ${paint.cyan(link)}`] : []),
  ];
}

/** The first of what somebody chose by. */
function chosen(values: string | readonly string[]): string {
  const [first = "", ...rest] = [values].flat();
  return rest.length === 0 ? first : `${first} and ${number(rest.length)} more`;
}

/** A run that the document names, and of which there is no trace. */
function lostLines({ workflow_id, run_id, link, archived }: LostRun, { paint }: View): readonly string[] {
  const head = `${paint.bold("A run without a trace")}  ${printable(workflow_id)}`;
  if (!archived) return [head, `  ${paint.cyan(link)}`];
  return [
    head,
    `  ${paint.dim("The archive has its history:")} sluice replay ${run_id}${paint.dim("; `sluice catalog rebuild` makes its trace anew.")}`,
  ];
}

function dagLines(dag: Dag, run: TraceRun, view: View): readonly string[] {
  const { paint, width } = view;
  const columns: readonly Column<Step>[] = [
    { title: "", value: ({ node, status }) => `${mark(status, paint)} ${printable(node)}` },
    { title: "", value: (step) => (step.status === "success" ? (step.mode ?? "") : words(step)), colour: (text) => paint.dim(text) },
    { title: "", value: ({ attempt }) => (attempt && attempt > 1 ? `attempt ${attempt}` : ""), colour: (text) => paint.yellow(text) },
    { title: "", value: (step) => (step.started && hasRun(step) ? clock(step.started) : ""), colour: (text) => paint.dim(text) },
    { title: "", value: (step) => (step.took === undefined || !hasRun(step) ? "" : duration(step.took)), align: "right" },
  ];
  const beside = rowsOf(dag.steps, [...columns, { title: "", value: stepResult }], paint);
  const alone = rowsOf(dag.steps, columns, paint);
  const rows = (step: Step, index: number) => {
    const row = beside[index] ?? "";
    if (stringWidth(row) <= width - 4) return [`    ${row}`];
    const result = stepResult(step);
    return [`    ${alone[index] ?? ""}`, ...(result ? [`      ${result}`] : [])];
  };
  return [
    `  ${mark(dag.outcome, paint)} ${paint.bold(printable(dag.dag))} ${paint.dim(printable(versionOf(dag)))}`,
    ...dag.steps.flatMap((step, index) => [...rows(step, index), ...causes(step, run, view)]),
  ];
}

/** What was left out is part of a stage, whose times say nothing of it. */
function hasRun({ status }: Step): boolean {
  return status !== "upstreamFailed" && status !== "skipped";
}

/** `plan 7e49b574bae7 · code 3f2a91c0 · dags/campus-readings.ts`. */
function versionOf({ plan, code, file }: Dag): string {
  const codes = [...new Set(Object.values(code))].map((hash) => hash.slice(0, 8));
  const shown = codes.length > 3 ? [...codes.slice(0, 3), "…"] : codes;
  // The end of the path is enough to know it by.
  const place = file?.split("/").slice(-2).join("/");
  return [`plan ${plan.slice(0, 12)}`, shown.length > 0 && `code ${shown.join(", ")}`, place].filter(Boolean).join(" · ");
}

/** Columns that no step fills take no room. */
function rowsOf(steps: readonly Step[], columns: readonly Column<Step>[], paint: Ansis): readonly string[] {
  const filled = columns.filter(({ value }) => steps.some((step) => value(step) !== ""));
  return table(steps, filled, { width: Infinity, paint }).split("\n").slice(1);
}

function stepResult({ receipt, rows, items }: Step): string {
  if (receipt) return receiptText(receipt);
  if (!items) return rows === undefined ? "" : count(rows, "row");
  const { retried, failed } = items;
  return [count(rows ?? 0, "item"), retried > 0 && `${number(retried)} tried again`, failed > 0 && `${number(failed)} failed`]
    .filter((part) => part !== false)
    .join(", ");
}

/** Items of a map whose attempts are shown with the map: they ended well, and have no step of their own. */
const itemsShown = 3;

/** The attempts that failed before, each with how long the next one waited, then why the step failed in the end. */
function causes(step: Step, run: TraceRun, view: View): readonly string[] {
  const own = run.attempts.filter(({ task, item, attempt }) =>
    item === undefined ? task === step.task && attempt < (step.attempt ?? Infinity) : item === step.node,
  );
  const ofItems = step.items ? itemsTriedAgain(step, run) : [];
  const earlier = [
    ...own.flatMap((each, index) => attemptLines(each, own[index + 1]?.started ?? step.started, "", "      ", view)),
    ...ofItems.flatMap((each, index) =>
      attemptLines(each, nextOf(ofItems, index), `${printable(`${each.item} ${each.task}`)}  `, "      ", view),
    ),
  ];
  // What did not run because of a failure before it says nothing new.
  return [...earlier, ...(step.failure && step.status !== "upstreamFailed" ? failureLines(step.failure, "      ", view) : [])];
}

function itemsTriedAgain({ node }: Step, { attempts, dags }: TraceRun): readonly Attempt[] {
  const steps = new Set(dags.flatMap((dag) => dag.steps.map((step) => step.node)));
  const failed = attempts.filter(({ item }) => item?.startsWith(`${node}[`) && !steps.has(item));
  const shown = new Set([...new Set(failed.map(({ item }) => item))].slice(0, itemsShown));
  return failed.filter(({ item }) => shown.has(item));
}

function attemptLines(
  { attempt, at, failure }: Attempt,
  next: string | undefined,
  task: string,
  indent: string,
  view: View,
): readonly string[] {
  const { paint } = view;
  const delay = next === undefined ? 0 : Date.parse(next) - Date.parse(at);
  const again = delay > 0 ? paint.dim(`, again after ${duration(delay)}`) : "";
  const head = paint.yellow(`attempt ${number(attempt)} failed ${clock(at)}`);
  return [`${indent}${task}${head}${again}`, ...failureLines(failure, `${indent}  `, view)];
}

/** What is known of a run before its end: what failed so far. */
function openLines({ link, attempts }: OpenRun, view: View): readonly string[] {
  const { paint } = view;
  return [
    `${paint.bold("A run has it now")}${attempts.length === 0 ? "" : `  ${paint.yellow(`${count(attempts.length, "attempt")} failed so far`)}`}`,
    ...attempts.flatMap((each, index) =>
      attemptLines(each, nextOf(attempts, index), `${printable([each.item, each.task].filter(Boolean).join(" "))}  `, "    ", view),
    ),
    `  ${paint.cyan(link)}`,
  ];
}

function nextOf(attempts: readonly Attempt[], index: number): string | undefined {
  return attempts.slice(index + 1).find(({ task, item }) => task === attempts[index]?.task && item === attempts[index]?.item)?.started;
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

function pendingLines({ document }: Trace, paint: Ansis): readonly string[] {
  if (document?.state === "announced") return ["  It was announced to the catalog, and its store has told nothing of it yet."];
  return document?.link ? ["  A run has it:", `  ${paint.cyan(document.link)}`] : ["  No run of it is on record."];
}

function words({ status, receipt }: Step): string {
  if (status !== "upstreamFailed") return status;
  return receipt?.suspected ? "cut short" : "not run";
}
