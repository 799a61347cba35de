import { Command, Option } from "commander";
import type { GatewayClient, ObjectSummary, ReprocessingRun } from "../../gateway/client.ts";
import { type ObjectState, objectStates } from "../../sdk/contracts/catalog.ts";
import { terminal } from "../../sdk/contracts/errors.ts";
import { objectName, positive } from "../arguments.ts";
import { connectGateway } from "../gateway.ts";
import { count, moment, printable } from "../output/format.ts";
import { createOutput, type Output } from "../output/output.ts";
import { coloured, mark, outcomeText } from "../output/state.ts";
import { table } from "../output/table.ts";
import { followReprocessing, howToGoOn } from "../reprocess/follow.ts";
import { requestOf, type SelectionOptions } from "../reprocess/request.ts";
import { colourOf, countsText, isOver, isWell, runText } from "../reprocess/text.ts";

type Options = SelectionOptions & {
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
};

/** Objects that the gateway looks up at once. */
const batch = 1_000;

export function reprocessCommand(): Command {
  const collect = (value: string, before: readonly string[] = []) => [...before, value];
  return new Command("reprocess")
    .description("process objects again: some by name, or all that a choice fits")
    .argument("[container/key...]", "objects by name")
    .option("--container <container>", "those of this container (may be repeated, as the next ones)", collect)
    .option("--key <glob>", "those whose key fits: 'readings/**'")
    .option("--type <type>", "those of this content type, with wildcards: 'image/*'", collect)
    .option("--state <state>", `those in this state: ${objectStates.join(", ")}`, collectStates)
    .option("--dag <dag>", "those that this DAG took the last time", collect)
    .option("--plan-hash <hash>", "those last processed by this plan, or by one whose hash begins so", collect)
    .option("--not-by-current <dag>", "those that the DAG in force takes and has not processed yet")
    .option("--fingerprint <fingerprint>", "those that failed so: see `sluice failures`", collect)
    .option("--since <time>", "those whose state changed since: a time, or 2h")
    .option("--until <time>", "those whose state changed before")
    .option("--all", "every object of the lake")
    .option("--from <task>", "begin from this task: what came before it is kept")
    .addOption(new Option("--plan <when>", "the plans now in force, or those of then").choices(["now", "then"]))
    .option("--rate <n>", "objects a second, at most", rate)
    .option("--dry-run", "only count them, and show some")
    .option("--wait", "wait until all are done, and report")
    .option("--timeout <seconds>", "with --wait: the longest wait", positive("--timeout"), 600)
    .option("--json", "print one JSON value")
    .action(start)
    .addCommand(new Command("list").description("list the last ones").action(withOptions(list)))
    .addCommand(new Command("watch").description("show how far one is, until it ends").argument("<id>").action(withOptions(watch)))
    .addCommand(steering("pause", "start nothing more until it is resumed"))
    .addCommand(steering("resume", "go on"))
    .addCommand(steering("cancel", "start nothing more, for good; what was started goes on"))
    .addCommand(
      new Command("throttle")
        .description("say how many objects a second it may start")
        .argument("<id>")
        .argument("<objects a second>", "a number, or `off`")
        .action(withOptions(throttle)),
    );
}

function steering(action: "pause" | "resume" | "cancel", description: string): Command {
  return new Command(action)
    .description(description)
    .argument("<id>")
    .action(withOptions(async (options, id = "") => report(await (await connectGateway()).steerReprocessing(id, action), options)));
}

/** Options stand with the command above: they mean the same below it. */
function withOptions(act: (options: Options, ...words: readonly string[]) => Promise<void>) {
  return (...given: readonly unknown[]): Promise<void> => {
    const command = given.at(-1) as Command;
    return act(command.optsWithGlobals<Options>(), ...command.args);
  };
}

async function start(objects: readonly string[], options: Options): Promise<void> {
  const output = createOutput(options);
  const request = requestOf(objects, options);
  const client = await connectGateway();
  if (options.dryRun) {
    const { count: amount, sample } = await client.tryReprocess(request);
    output.result({ count: amount, sample });
    output.print(`${count(amount, "object")} would be processed again${sample.length < amount ? `, ${sample.length} of them` : ""}:`);
    for (const one of sample) output.print(`  ${mark(one.state, output.paint)} ${printable(`${one.container}/${one.key}`)}`);
    return;
  }
  const { unknown = [], ...started } = await client.reprocess(request);
  for (const { container, key } of unknown) say(output, "failed", `${container}/${key}`, "the lake holds no such object");
  const run = options.wait ? await followReprocessing(client, started.id, output, options.timeout * 1_000) : started;
  const named = objects
    .map(objectName)
    .filter(({ container, key }) => !unknown.some((one) => one.container === container && one.key === key));
  const states = options.wait && isOver(run) ? await statesOf(client, named) : [];
  for (const object of states) say(output, object.state, `${object.container}/${object.key}`, outcomeText(object));
  if (objects.length === 0 || !isOver(run)) output.print(runText(run, output.paint));
  if (!isOver(run)) output.note(howToGoOn(run.id));
  const ok = unknown.length === 0 && (!options.wait || isWell(run));
  if (isOver(run) && !ok && objects.length > 0) output.print(runText(run, output.paint));
  output.result({ ok, reprocessing: run, ...(objects.length > 0 && { unknown, objects: states }) });
  if (!ok) process.exitCode = 1;
}

async function statesOf(client: GatewayClient, objects: readonly { readonly container: string; readonly key: string }[]) {
  const found: ObjectSummary[] = [];
  for (let from = 0; from < objects.length; from += batch) found.push(...(await client.states(objects.slice(from, from + batch))));
  return found;
}

async function list(options: Options): Promise<void> {
  const output = createOutput(options);
  const runs = await (await connectGateway()).reprocessings();
  output.result({ reprocessings: runs });
  if (runs.length === 0) return output.note("Nothing has been processed again lately.");
  output.print(
    table(
      runs,
      [
        { title: "reprocessing", value: ({ id }) => id },
        { title: "state", value: ({ state }) => state, colour: (text, run) => coloured(colourOf(run), output.paint, text) },
        { title: "objects", value: countsText, flexible: true },
        { title: "since", value: ({ since }) => moment(since) },
      ],
      output,
    ),
  );
}

async function watch(options: Options, id = ""): Promise<void> {
  const run = await followReprocessing(await connectGateway(), id, createOutput(options), Infinity);
  report(run, options);
  if (!isOver(run)) createOutput(options).note(howToGoOn(run.id));
  if (!isWell(run)) process.exitCode = 1;
}

async function throttle(options: Options, id = "", pace = ""): Promise<void> {
  report(await (await connectGateway()).throttleReprocessing(id, pace === "off" ? null : rate(pace)), options);
}

function report(run: ReprocessingRun, options: Options): void {
  const output = createOutput(options);
  output.result({ reprocessing: run });
  output.print(runText(run, output.paint));
}

function say(output: Output, state: string, name: string, text: string): void {
  output.print(`${mark(state, output.paint)} ${printable(name)}  ${text}`);
}

function collectStates(text: string, before: readonly ObjectState[] = []): readonly ObjectState[] {
  const state = objectStates.find((one) => one === text);
  if (state) return [...before, state];
  throw terminal("WRONG_ARGUMENT", `--state: found "${text}". Expected one of ${objectStates.join(", ")}.`);
}

function rate(text: string): number {
  const objects = Number(text);
  if (objects > 0 && Number.isFinite(objects)) return objects;
  throw terminal("WRONG_ARGUMENT", `"${text}" is no rate. Expected objects a second, as 50 or 0.5.`);
}
