import type { Command } from "commander";
import type { FailureFilter } from "../gateway/client.ts";
import { time } from "./arguments.ts";

/** What failures and quarantine are narrowed down by, as options of a command. */
export function withFailureFilter(command: Command): Command {
  return command
    .option("--container <name>", "only of this container")
    .option("--dag <name>", "only those that this DAG took the last time")
    .option("--type <type>", "only objects of this content type, with wildcards: image/*")
    .option("--fingerprint <fingerprint>", "only those of this cause; `sluice failures` shows them")
    .option("--since <time>", "failed from then on: a time, or how long ago as 24h", time("--since"))
    .option("--until <time>", "failed before", time("--until"));
}

export function filterOf({ container, dag, type, fingerprint, since, until }: FailureFilter): FailureFilter {
  return { container, dag, type, fingerprint, since, until };
}

export function isEmpty(filter: FailureFilter): boolean {
  return Object.values(filter).every((value) => value === undefined);
}
