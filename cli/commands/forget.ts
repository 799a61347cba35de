import { setTimeout as pause } from "node:timers/promises";
import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import type { Forgetting, TraceRun } from "../../gateway/client.ts";
import { terminal } from "../../sdk/contracts/errors.ts";
import { objectName, positive } from "../arguments.ts";
import { connectGateway } from "../gateway.ts";
import { count, number, printable } from "../output/format.ts";
import { createOutput, type Output } from "../output/output.ts";
import { mark } from "../output/state.ts";

type Options = { readonly raw?: boolean; readonly yes?: boolean; readonly timeout: number; readonly json?: boolean };

export function forgetCommand(): Command {
  return new Command("forget")
    .description("remove everything that was ever made of an object, from every sink")
    .argument("<container/key>", "the object; what was unpacked from an archive goes with it")
    .option("--raw", "the object in the store goes as well, in all its versions")
    .option("--yes", "do not ask")
    .option("--timeout <seconds>", "the longest wait; it goes on by itself", positive("--timeout"), 600)
    .option("--json", "print one JSON value; needs --yes")
    .action(forget);
}

async function forget(named: string, options: Options): Promise<void> {
  const output = createOutput(options);
  const client = await connectGateway();
  const object = objectName(named);
  const document = await client.document(object.container, object.key);
  if (!options.yes) await confirm(printable(named), document.receipts.length, options, output);
  let run = await client.forget({ ...object, raw: options.raw ?? false });
  output.note(`Forgetting ${printable(named)}: ${run.link}`);
  const deadline = performance.now() + options.timeout * 1_000;
  for (let wait = 100; run.state === "running" && performance.now() < deadline; wait = Math.min(1_000, wait * 1.5)) {
    await pause(wait);
    run = await client.forgetting(run.id);
  }
  const sign = run.state === "completed" ? "processed" : run.state === "running" ? "waiting" : "failed";
  output.print(`${mark(sign, output.paint)} ${printable(named)}  ${textOf(run, options)}`);
  const left = run.state === "completed" ? leftOf((await client.trace(object.container, object.key)).runs) : [];
  if (left.length > 0) output.print(leftText(left));
  output.result({ ...run, left });
  if (run.state !== "completed") process.exitCode = 1;
}

/** Runs whose histories tell of it still: groups, which are about other objects as well. */
export function leftOf(runs: readonly TraceRun[]): readonly Pick<TraceRun, "workflow_id" | "run_id" | "archived">[] {
  const told = runs.filter(({ archived, in_temporal }) => archived || in_temporal === true);
  return told.map(({ workflow_id, run_id, archived }) => ({ workflow_id, run_id, archived }));
}

export function leftText(left: ReturnType<typeof leftOf>): string {
  return [
    "  The histories of groups that it was in are about other objects as well, and stay:",
    ...left.map(({ workflow_id, run_id, archived }) =>
      printable(`    ${workflow_id}, run ${run_id}${archived ? ", also in the archive" : ""}`),
    ),
  ].join("\n");
}

async function confirm(name: string, receipts: number, { raw, json }: Options, { terminal: screen }: Output): Promise<void> {
  const store = raw ? ", and the object itself in the store," : "";
  const what = `Everything that was made of ${name} (${count(receipts, "receipt")})${store} will be removed for good.`;
  if (json || !screen || !process.stdin.isTTY) throw terminal("NOT_CONFIRMED", `${what} Say --yes if that is what you want.`);
  const reading = createInterface({ input: process.stdin, output: screen });
  const answer = await reading.question(`${what} Go on? [y/N] `);
  reading.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw terminal("NOT_CONFIRMED", "Nothing was forgotten.");
}

function textOf({ state, forgotten = 0, removed = {}, problem }: Forgetting, { raw, timeout }: Options): string {
  if (state === "running") return `not done within ${timeout} s; it goes on by itself.`;
  if (state !== "completed") return printable(problem ?? "it was ended from outside; say it again");
  const parts = Object.entries(removed).map(([what, amount]) => `${number(amount)} ${what}`);
  const members = forgotten > 1 ? ` with ${count(forgotten - 1, "member")}` : "";
  const store = raw ? "the object in the store is deleted" : "the object in the store stays";
  return printable(`forgotten${members}: ${[...parts, store].join(", ")}`);
}
