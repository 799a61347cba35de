import { delimiter } from "node:path";
import { Command } from "commander";
import { readEnvironment } from "../../infra/config.ts";
import { type Lake, startLake } from "../../infra/local/lake.ts";
import { readState } from "../../infra/local/state.ts";
import { dagFolders } from "../arguments.ts";
import { onInterruption } from "../interruption.ts";
import { details } from "../output/details.ts";
import { createOutput, type Output } from "../output/output.ts";
import { showSteps } from "../output/steps.ts";

export type UpOptions = {
  readonly home?: string;
  readonly dags?: readonly string[];
  readonly serversOnly?: boolean;
  readonly json?: boolean;
};

/** The options of every command that brings the lake up. */
export function withUpOptions(command: Command): Command {
  return command
    .option("--home <folder>", "the lake's folder: data, logs, secrets (SLUICE_HOME)")
    .option("--dags <folders...>", "folders with DAG files of your own (SLUICE_DAGS)");
}

export function upCommand(): Command {
  return withUpOptions(new Command("up"))
    .description("start the local lake")
    .option("--servers-only", "start no gateway and no worker")
    .option("--json", "print one JSON value")
    .action(async (options: UpOptions) => {
      using interruption = onInterruption();
      const output = createOutput(options);
      const lake = await bringUp(options, output, interruption.signal);
      output.print(`${addresses(lake, output)}\n\n${usage(lake)}`);
      output.result({ home: lake.home, addresses: addressesOf(lake) });
    });
}

export async function bringUp(options: UpOptions, output: Output, signal: AbortSignal): Promise<Lake> {
  const env = {
    ...process.env,
    ...(options.dags && { SLUICE_DAGS: (await dagFolders(options.dags)).join(delimiter) }),
  };
  const engine = !options.serversOnly;
  const home = options.home ?? readEnvironment(env).SLUICE_HOME;
  const before = (await readState(home))?.env["SLUICE_DAGS"]?.split(delimiter) ?? [];
  const start = async () => {
    using steps = showSteps(output);
    return await startLake({ home, env, report: steps.report, signal, gateway: engine, worker: engine });
  };
  const lake = await start();
  const left = leftOut(before, lake.settings.SLUICE_DAGS);
  if (left) output.note(left);
  return lake;
}

/** Said where folders that had been named are not among those that are named now: their DAGs are gone with them. */
export function leftOut(before: readonly string[], now: readonly string[]): string | undefined {
  const left = before.filter((folder) => !now.includes(folder));
  if (left.length === 0) return undefined;
  return `The DAG files of ${left.join(", ")} are no longer in force. For all of them name every folder: --dags ${[...left, ...now].join(" ")}`;
}

function addressesOf({ settings }: Lake): { readonly [name: string]: string } {
  return {
    api: `${settings.SLUICE_GATEWAY_URL}/v1`,
    temporal_ui: settings.SLUICE_TEMPORAL_UI_URL,
    s3: settings.SLUICE_S3_URL,
    mongodb: settings.SLUICE_MONGO_URL,
    influxdb: settings.SLUICE_INFLUX_URL,
    neo4j: settings.SLUICE_NEO4J_URL,
  };
}

/** Where everything is, for people. */
export function addresses(lake: Lake, { paint }: Pick<Output, "paint">): string {
  const found = addressesOf(lake);
  return details(
    [
      ["Temporal UI", found["temporal_ui"] ?? ""],
      ["API", `${found["api"]} ${paint.dim("(console: later)")}`],
      ["S3", `${found["s3"]} ${paint.dim(`containers ${lake.settings.SLUICE_CONTAINERS.join(", ")}`)}`],
      ["MongoDB", withoutPassword(found["mongodb"] ?? "")],
      ["InfluxDB", found["influxdb"] ?? ""],
      ["Neo4j", found["neo4j"] ?? ""],
      ["folder", `${lake.home} ${paint.dim("(logs in logs/, keys in lake.json)")}`],
    ],
    paint,
  );
}

/** How to go on, for people. */
export function usage({ home, settings }: Lake): string {
  const container = settings.SLUICE_CONTAINERS[0] ?? "CONTAINER";
  return [
    "From another terminal:",
    `  export SLUICE_HOME=${/^[\w./-]+$/.test(home) ? home : `'${home.replaceAll("'", "'\\''")}'`}`,
    `  sluice put FILE --to ${container} --wait`,
    `  sluice trace ${container}/FILE`,
  ].join("\n");
}

function withoutPassword(address: string): string {
  const url = new URL(address);
  if (url.password) url.password = "…";
  return url.href;
}
