import { inspect } from "node:util";
import type { Ansis } from "ansis";
import type { Failure } from "../../sdk/contracts/errors.ts";
import type { LakeObject } from "../../sdk/contracts/object.ts";
import { ancestorsOf } from "../../sdk/plan/graph.ts";
import type { Plan } from "../../sdk/plan/plan.ts";
import type { DagRun, TaskRun } from "../../sdk/testing/index.ts";
import { bytes, count, printable } from "../output/format.ts";
import { receiptText } from "../output/state.ts";
import type { Delivery } from "./try-dag.ts";

type View = { readonly wrote: boolean; readonly width: number; readonly paint: Ansis };

/** What a trial run did, for people: its tasks in the order they ended, then what each sink got. */
export function runText(plan: Plan, object: LakeObject, run: DagRun, deliveries: readonly Delivery[], view: View): string {
  const { paint } = view;
  const tried = run.ran.filter(({ status }) => status !== "upstreamFailed");
  const idle = plan.nodes.filter(({ id, kind }) => kind === "task" && !tried.some(({ node }) => node === id));
  return [
    `${paint.bold(plan.dag)} on ${printable(`${object.container}/${object.key}`)}  ${paint.dim(`${object.type}, ${bytes(object.size)}`)}`,
    "",
    ...tried.flatMap((ran) =>
      taskLines(
        ran,
        deliveries.some(({ node }) => node === ran.node),
        view,
      ),
    ),
    ...idle.map(({ id }) => paint.dim(`- ${id}  ${whyIdle(plan, id, run)}`)),
    ...deliveries.flatMap((delivery) => ["", ...deliveryLines(delivery, view)]),
    "",
    outcomeText(run, view),
    ...(view.wrote ? [] : [paint.dim("Nothing was written. With --write, the sinks of the running lake get it.")]),
  ].join("\n");
}

/** A task that did nothing because of another one names that one, whose failure is told where it happened. */
function whyIdle(plan: Plan, id: string, { ran, settled }: DagRun): string {
  const isCause = (node: string) => settled[node]?.status !== "success" && ran.some((one) => one.node === node && one.status === "failed");
  const before = ancestorsOf(plan, [id]);
  const cause = plan.nodes.find((node) => before.has(node.id) && isCause(node.id));
  const upstream = ran.some(({ node }) => node === id) || settled[id]?.status === "failed";
  return upstream && cause ? `upstream failed: ${cause.id}` : "skipped";
}

/** The failure is told once: beside its task, or here where it is no task's. */
function outcomeText({ status, failure, ran }: DagRun, { paint }: View): string {
  if (!failure) return status === "success" ? paint.green("success") : paint.red("failed");
  const told = ran.some((one) => one.status === "failed" && one.failure?.message === failure.message);
  return `${paint.red("failed")}: ${told ? `${failure.code} in ${failure.task}, see above` : failureText(failure)}`;
}

function taskLines({ node, attempt, status, rows, value, failure }: TaskRun, isSink: boolean, { paint, width }: View): string[] {
  const mark = status === "success" ? paint.green("✓") : paint.red("✗");
  const again = attempt > 1 ? paint.yellow(`  attempt ${attempt}`) : "";
  const what =
    rows !== undefined ? count(rows, "row") : isSink || value === undefined || value === null ? "" : short(value, width - node.length - 8);
  return [`${mark} ${paint.bold(node)}${again}  ${what}`.trimEnd(), ...(failure ? [`  ${failureText(failure)}`] : [])];
}

function deliveryLines({ node, integrator, options, rows, first, receipt }: Delivery, { wrote, paint, width }: View): string[] {
  const settings = Object.keys(options).length > 0 ? paint.dim(`  ${short(options, Math.max(width - 40, 40))}`) : "";
  const verb = wrote ? "got" : "would get";
  return [
    `${paint.green("→")} ${paint.bold(node)}${node === integrator ? "" : ` (${integrator})`} ${verb} ${count(rows, "entry", "entries")}${settings}`,
    ...first.map((row) => `    ${short(row, width - 4)}`),
    ...(rows > first.length ? [paint.dim(`    … and ${count(rows - first.length, "more", "more")}`)] : []),
    ...(receipt ? [`    wrote ${receiptText(receipt)}`] : []),
  ];
}

function failureText({ code, message, place }: Failure): string {
  const where = place
    ? ` (${Object.entries(place)
        .map(([name, at]) => `${name} ${at}`)
        .join(", ")})`
    : "";
  return printable(`${code}: ${message}${where}`);
}

function short(value: unknown, width: number): string {
  const text = inspect(value, { breakLength: Infinity, compact: true, depth: 4, maxStringLength: 200 });
  const room = Math.max(width, 40);
  return printable(text.length > room ? `${text.slice(0, room - 1)}…` : text);
}
