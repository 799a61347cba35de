import { inspect } from "node:util";
import type { Ansis } from "ansis";
import type { Failure } from "../../sdk/contracts/errors.ts";
import type { LakeObject } from "../../sdk/contracts/object.ts";
import type { Plan } from "../../sdk/plan/plan.ts";
import type { DagRun, TaskRun } from "../../sdk/testing/index.ts";
import { bytes, count, printable } from "../output/format.ts";
import { receiptText } from "../output/state.ts";
import type { Delivery } from "./try-dag.ts";

type View = { readonly wrote: boolean; readonly width: number; readonly paint: Ansis };

/** What a trial run did, for people: its tasks in the order they ended, then what each sink got. */
export function runText(plan: Plan, object: LakeObject, run: DagRun, deliveries: readonly Delivery[], view: View): string {
  const { paint } = view;
  const skipped = plan.nodes.filter(({ id, kind }) => kind === "task" && !run.ran.some((ran) => ran.node === id)).map(({ id }) => id);
  const outcome = run.status === "success" ? paint.green("success") : paint.red("failed");
  return [
    `${paint.bold(plan.dag)} on ${printable(`${object.container}/${object.key}`)}  ${paint.dim(`${object.type}, ${bytes(object.size)}`)}`,
    "",
    ...run.ran.flatMap((ran) =>
      taskLines(
        ran,
        deliveries.some(({ node }) => node === ran.node),
        view,
      ),
    ),
    ...skipped.map((id) => paint.dim(`- ${id}  did not run`)),
    ...deliveries.flatMap((delivery) => ["", ...deliveryLines(delivery, view)]),
    "",
    `${outcome}${run.failure ? `: ${failureText(run.failure)}` : ""}`,
    ...(view.wrote ? [] : [paint.dim("Nothing was written. With --write, the sinks of the running lake get it.")]),
  ].join("\n");
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
