import { Command } from "commander";
import type { Reprocessing } from "../../gateway/client.ts";
import { objectName, positive } from "../arguments.ts";
import { connectGateway } from "../gateway.ts";
import { count, printable } from "../output/format.ts";
import { createOutput } from "../output/output.ts";
import { mark, outcomeText } from "../output/state.ts";
import { type Accepted, lookAtArrivals, type Reprocessed } from "../wait/outcomes.ts";
import { createWatch } from "../wait/watch.ts";

type Options = { readonly wait?: boolean; readonly timeout: number; readonly json?: boolean };

/** The most objects that the gateway takes at once. */
const batch = 1_000;

export function reprocessCommand(): Command {
  return new Command("reprocess")
    .description("process objects again, by the DAGs now in force")
    .argument("<container/key...>", "the objects")
    .option("--wait", "wait until each is processed, and report it")
    .option("--timeout <seconds>", "with --wait: the longest wait", positive("--timeout"), 600)
    .option("--json", "print one JSON value")
    .action(reprocess);
}

async function reprocess(named: readonly string[], options: Options): Promise<void> {
  const output = createOutput(options);
  const client = await connectGateway();
  const objects = named.map(objectName);
  const say = (state: string, name: string, text: string) => output.print(`${mark(state, output.paint)} ${printable(name)}  ${text}`);

  const accepted: Accepted[] = [];
  const refused: Reprocessing["refused"][number][] = [];
  for (let from = 0; from < objects.length; from += batch) {
    const answer = await client.reprocess(objects.slice(from, from + batch));
    accepted.push(...answer.accepted);
    refused.push(...answer.refused);
  }
  for (const { container, key, reason } of refused) say("failed", `${container}/${key}`, printable(reason));
  const outcomes = new Map<Accepted, Reprocessed>();
  const watch = createWatch({
    look: lookAtArrivals(client),
    timeout: options.timeout * 1000,
    onOutcome(outcome: Reprocessed, target: Accepted) {
      outcomes.set(target, outcome);
      say(outcome.arrival.outcome ?? "rejected", `${target.container}/${target.key}`, reprocessedText(outcome));
    },
  });
  for (const target of accepted) {
    if (options.wait) watch.add(target);
    else say("waiting", `${target.container}/${target.key}`, `will be processed again (arrival ${target.arrival})`);
  }
  const late = await watch.finish();
  if (late.length > 0)
    output.note(`${count(late.length, "object")} not processed within ${options.timeout} s; \`sluice trace\` says where each is.`);

  const processed = accepted.filter((target) => outcomes.get(target)?.arrival.outcome === "processed");
  const ok = refused.length === 0 && (!options.wait || processed.length === accepted.length);
  output.result({ ok, accepted: accepted.map((target) => ({ ...target, ...outcomeOf(outcomes.get(target)) })), refused });
  if (!ok) process.exitCode = 1;
}

function reprocessedText({ arrival, object }: Reprocessed): string {
  if (arrival.outcome === "processed" && object) return outcomeText(object);
  const what = arrival.outcome === "duplicate" ? "another run has this version of it already" : (arrival.outcome ?? arrival.state);
  return arrival.reason ? `${what}: ${printable(arrival.reason)}` : what;
}

function outcomeOf(reprocessed: Reprocessed | undefined) {
  if (!reprocessed) return {};
  const { arrival, object } = reprocessed;
  return { outcome: arrival.outcome ?? arrival.state, ...(arrival.reason && { reason: arrival.reason }), ...(object && { object }) };
}
