import { Command, Option } from "commander";
import type { GatewayClient, ObjectSummary } from "../../gateway/client.ts";
import { objectStates, type ObjectState } from "../../sdk/contracts/catalog.ts";
import { place, positive } from "../arguments.ts";
import { connectGateway } from "../gateway.ts";
import { bytes, moment, number, printable } from "../output/format.ts";
import { createOutput, type Output } from "../output/output.ts";
import { coloured, reasonText, receiptText } from "../output/state.ts";
import { type Column, table } from "../output/table.ts";

type Options = {
  readonly state?: ObjectState;
  readonly type?: string;
  readonly long?: boolean;
  readonly limit: number;
  readonly json?: boolean;
};

export function lsCommand(): Command {
  return new Command("ls")
    .description("list containers, or the objects of one")
    .argument("[container[/prefix]]", "where to look; without it, the containers are listed")
    .addOption(new Option("--state <state>", "only objects in this state").choices(objectStates))
    .option("--type <type>", "only objects of this content type, with wildcards: image/*")
    .option("--long", "show the DAG, where the data went, and reasons")
    .option("--limit <n>", "the most to show", positive("--limit"), 500)
    .option("--json", "print one JSON value")
    .action(ls);
}

async function ls(where: string | undefined, options: Options): Promise<void> {
  const output = createOutput(options);
  const client = await connectGateway();
  const everything = where === undefined && options.state === undefined && options.type === undefined;
  if (everything) await listContainers(client, output);
  else await listObjects(client, output, where === undefined ? {} : place(where), options);
}

async function listContainers(client: GatewayClient, output: Output): Promise<void> {
  const containers = await client.containers();
  output.result({ containers });
  if (containers.length === 0) output.note("The lake has no landing containers: SLUICE_CONTAINERS names them, `sluice up` creates them.");
  else
    output.print(
      table(
        containers,
        [
          { title: "container", value: ({ name }) => printable(name) },
          { title: "store", value: ({ store }) => store },
          { title: "objects", value: ({ objects }) => number(objects), align: "right" },
        ],
        output,
      ),
    );
}

async function listObjects(
  client: GatewayClient,
  output: Output,
  { container, prefix }: { readonly container?: string; readonly prefix?: string },
  { state, type, limit, long }: Options,
): Promise<void> {
  const objects: ObjectSummary[] = [];
  let more = false;
  const query = { container, ...(prefix && { prefix }), state, type, limit: Math.min(limit + 1, 1_000) };
  for await (const object of client.allObjects(query)) {
    more = objects.length === limit;
    if (more) break;
    objects.push(object);
  }
  output.result({ objects, more });
  if (objects.length === 0) return output.note("No objects.");
  output.print(table(objects, [...columns(container === undefined, output), ...(long ? longColumns : [])], output));
  if (more) output.note(`There are more than ${number(limit)}: --limit shows more of them, a prefix or --state fewer.`);
}

function columns(withContainer: boolean, { paint }: Output): readonly Column<ObjectSummary>[] {
  return [
    {
      title: "object",
      value: ({ container, key }) => printable(withContainer ? `${container}/${key}` : key),
      flexible: true,
    },
    { title: "state", value: ({ state }) => state, colour: (text, { state }) => coloured(state, paint, text) },
    { title: "type", value: ({ content_type }) => printable(content_type), flexible: true },
    { title: "size", value: ({ size, state }) => (state === "announced" ? "" : bytes(size)), align: "right" },
    { title: "since", value: ({ state_since }) => moment(state_since) },
  ];
}

const longColumns: readonly Column<ObjectSummary>[] = [
  { title: "dag", value: ({ dags }) => printable(dags.join(", ")), flexible: true },
  {
    title: "written, or why not",
    value: ({ receipts, reason }) => (reason ? reasonText(reason) : receipts.map(receiptText).join("; ")),
    flexible: true,
  },
];
