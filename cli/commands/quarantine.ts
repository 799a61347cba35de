import { Command, Option } from "commander";
import type { FailureFilter, ObjectSummary, Quarantined, QuarantineChoice, Release } from "../../gateway/client.ts";
import { terminal } from "../../sdk/contracts/errors.ts";
import { type DataProcessing, dataProcessings } from "../../sdk/contracts/object.ts";
import { contentType, jsonObject, objectName, positive } from "../arguments.ts";
import { filterOf, isEmpty, withFailureFilter } from "../failure-filter.ts";
import { connectGateway } from "../gateway.ts";
import { quarantinedText } from "../output/failures.ts";
import { count, moment, number, printable } from "../output/format.ts";
import { createOutput, type Output } from "../output/output.ts";
import { mark, outcomeText, placeText, reasonText } from "../output/state.ts";
import { type Column, table } from "../output/table.ts";
import { followReprocessing, howToGoOn } from "../reprocess/follow.ts";

type Json = { readonly json?: boolean };
type Chosen = FailureFilter & { readonly all?: boolean };
type ReleaseOptions = Chosen &
  Json & {
    readonly metadata?: string;
    readonly template?: string;
    readonly as?: string;
    readonly processing?: DataProcessing;
    readonly wait?: boolean;
    readonly timeout: number;
  };

export function quarantineCommand(): Command {
  const quarantine = new Command("quarantine").description("what was put aside: look at it, release it, drop it");
  withFailureFilter(quarantine.command("list").description("list what was put aside, with the reasons"))
    .option("--limit <n>", "the most to show", positive("--limit"), 100)
    .option("--json", "print one JSON value")
    .action(list);
  quarantine
    .command("show")
    .description("say why an object was put aside, and show the piece of it that is wrong")
    .argument("<container/key>", "the object")
    .option("--json", "print one JSON value")
    .action(show);
  withChoice(quarantine.command("release").description("process objects again, after what was said about them was put right"))
    .option("--as <type>", "they are of this content type", contentType("--as"))
    .option("--metadata <json|@file>", "goes into other_data of the catalog document, beside what is there")
    .option("--template <json|@file>", "template for JSON to time series: measurement, time, fields, tags")
    .addOption(new Option("--processing <processing>", "which processing they ask for").choices(dataProcessings))
    .option("--wait", "wait until each is processed, and report it")
    .option("--timeout <seconds>", "with --wait: the longest wait", positive("--timeout"), 600)
    .option("--json", "print one JSON value")
    .action(release);
  withChoice(quarantine.command("drop").description("take objects out of quarantine without processing them"))
    .option("--delete", "delete them from the store as well")
    .option("--json", "print one JSON value")
    .action(drop);
  return quarantine;
}

function withChoice(command: Command): Command {
  return withFailureFilter(command.argument("[container/key...]", "the objects; or say which by the options")).option(
    "--all",
    "all of them",
  );
}

async function list({ limit, ...options }: FailureFilter & Json & { readonly limit: number }): Promise<void> {
  const output = createOutput(options);
  const client = await connectGateway();
  const objects: Quarantined[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.quarantine({ ...filterOf(options), limit: Math.min(1_000, limit - objects.length), cursor });
    objects.push(...page.objects);
    cursor = page.next;
  } while (cursor !== undefined && objects.length < limit);
  output.result({ objects, more: cursor !== undefined });
  if (objects.length === 0) return output.note("Nothing is in quarantine, as far as you asked.");
  output.print(table(objects, columns(output), output));
  if (cursor !== undefined)
    output.note(`There are more than ${number(limit)}: --limit shows more of them; \`sluice failures\` sums them up.`);
}

function columns({ paint }: Output): readonly Column<Quarantined>[] {
  return [
    { title: "object", value: ({ container, key }) => printable(`${container}/${key}`), flexible: true },
    { title: "code", value: ({ reason }) => printable(reason.code), colour: (text) => paint.red(text) },
    { title: "place", value: ({ reason }) => placeText(reason.place), flexible: true },
    { title: "dag", value: ({ dag }) => printable(dag ?? ""), flexible: true },
    { title: "since", value: ({ since }) => moment(since) },
    { title: "why", value: ({ reason }) => reasonText(reason), flexible: true },
  ];
}

async function show(named: string, options: Json): Promise<void> {
  const output = createOutput(options);
  const { container, key } = objectName(named);
  const entry = await (await connectGateway()).quarantined(container, key);
  output.print(quarantinedText(entry, output));
  output.result(entry);
}

async function release(named: readonly string[], options: ReleaseOptions): Promise<void> {
  const output = createOutput(options);
  const client = await connectGateway();
  const choice = choiceOf(named, options);
  const corrections = correctionsOf(options);
  const answer = await client.release({ choice, ...(corrections && { corrections }) });
  for (const { container, key, reason } of answer.refused)
    output.print(`${mark("failed", output.paint)} ${printable(`${container}/${key}`)}  ${printable(reason)}`);
  const objects = "objects" in choice ? choice.objects : [];
  const ended =
    options.wait && answer.reprocessing !== undefined
      ? await followReprocessing(client, answer.reprocessing, output, options.timeout * 1_000)
      : undefined;
  const states = ended && objects.length > 0 ? await client.states(objects) : [];
  for (const object of states) output.print(outcomeLine(object, output));
  if (answer.objects === 0) output.note("Nothing is in quarantine, as far as you asked.");
  else if (!ended)
    output.print(`${count(answer.objects, "object")} will be processed again: sluice reprocess watch ${answer.reprocessing}`);
  else if (objects.length === 0 || ended.state === "running")
    output.print(`${number(ended.processed)} of ${count(answer.objects, "object")} processed (${ended.state}): ${ended.link}`);
  if (ended?.state === "running" || ended?.state === "paused") output.note(howToGoOn(ended.id));
  const ok = answer.refused.length === 0 && answer.objects > 0 && (!options.wait || ended?.processed === answer.objects);
  output.result({ ok, ...answer, ...(ended && { ended }), ...(states.length > 0 && { states }) });
  if (!ok) process.exitCode = 1;
}

function outcomeLine(object: ObjectSummary, { paint }: Output): string {
  return `${mark(object.state, paint)} ${printable(`${object.container}/${object.key}`)}  ${outcomeText(object)}`;
}

async function drop(named: readonly string[], options: Chosen & Json & { readonly delete?: boolean }): Promise<void> {
  const output = createOutput(options);
  const client = await connectGateway();
  const { dropped, refused } = await client.drop({ choice: choiceOf(named, options), delete: options.delete ?? false });
  const say = (state: string, { container, key }: { readonly container: string; readonly key: string }, text: string) =>
    output.print(`${mark(state, output.paint)} ${printable(`${container}/${key}`)}  ${printable(text)}`);
  for (const object of refused) say("failed", object, object.reason);
  for (const object of dropped) say("processed", object, options.delete ? "dropped, and deleted from the store" : "dropped");
  if (dropped.length + refused.length === 0) output.note("Nothing is in quarantine, as far as you asked.");
  output.result({ ok: refused.length === 0 && dropped.length > 0, dropped, refused });
  if (refused.length > 0 || dropped.length === 0) process.exitCode = 1;
}

/** By name, or by what they have in common; everything only where that is said. */
function choiceOf(named: readonly string[], options: Chosen): QuarantineChoice {
  const filter = filterOf(options);
  if (named.length > 0) {
    if (isEmpty(filter) && !options.all) return { objects: named.map(objectName) };
    throw terminal("WRONG_ARGUMENT", "Name the objects, or say which by options: not both.");
  }
  if (!isEmpty(filter) || options.all) return { filter };
  throw terminal("WRONG_ARGUMENT", "Which objects? Name them, or say which by --fingerprint, --container, --dag, …, or --all of them.");
}

function correctionsOf({ as, metadata, template, processing }: ReleaseOptions): Release["corrections"] {
  const other = {
    ...(metadata !== undefined && jsonObject("--metadata", metadata)),
    ...(template !== undefined && { template: jsonObject("--template", template) }),
  };
  const corrections = {
    ...(as !== undefined && { declared_type: as }),
    ...(processing !== undefined && { data_processing: processing }),
    ...(Object.keys(other).length > 0 && { other_data: other }),
  };
  return Object.keys(corrections).length > 0 ? corrections : undefined;
}
