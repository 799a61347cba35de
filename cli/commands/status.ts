import { Command } from "commander";
import type { Status } from "../../gateway/client.ts";
import { brokenLines } from "../dags/news.ts";
import { connectGateway } from "../gateway.ts";
import { details } from "../output/details.ts";
import { count, duration, number, printable } from "../output/format.ts";
import { createOutput, type Output } from "../output/output.ts";
import { mark } from "../output/state.ts";
import { table } from "../output/table.ts";

export function statusCommand(): Command {
  return new Command("status")
    .description("say how the lake is: its parts, arrivals and DAGs")
    .option("--json", "print one JSON value")
    .action(async (options: { readonly json?: boolean }) => {
      const output = createOutput(options);
      const client = await connectGateway();
      const status = await client.status();
      const broken = (status.dags?.broken_files ?? []).flatMap((file) => ["", ...brokenLines(file, output)]);
      output.print([statusText(status, client.url, output), ...broken].join("\n"));
      output.result({ gateway: client.url, ...status });
      if (!status.healthy) process.exitCode = 1;
    });
}

/** How the lake is, for people. */
export function statusText(status: Status, gateway: string, output: Pick<Output, "width" | "paint">): string {
  const { paint } = output;
  const { parts, arrivals, throttled, workers = [], quarantined, dags } = status;
  const facts = details(
    [
      ["gateway", `${gateway} ${paint.dim(`Sluice ${status.version}`)}`],
      ["Temporal UI", status.temporal_ui],
      ["arrivals", `${number(arrivals.waiting)} waiting, ${number(arrivals.started)} in runs, ${number(arrivals.rejected)} rejected`],
      ["throttled", throttled.map(({ tenant, waiting }) => `${printable(tenant)}: ${number(waiting)} waiting`).join(", ")],
      ["workers", workers.length > 0 ? workers.map(({ name }) => printable(name)).join(", ") : ""],
      ["quarantine", quarantined === undefined ? "" : count(quarantined, "object")],
      ["DAGs", dags ? dagsText(dags) : ""],
    ],
    paint,
  );
  const health = table(
    parts,
    [
      { title: "", value: ({ healthy }) => mark(healthy ? "success" : "failed", paint) },
      { title: "part", value: ({ name }) => name },
      { title: "answers in", value: ({ took, healthy }) => (healthy ? duration(took) : ""), align: "right" },
      { title: "", value: ({ problem = "" }) => printable(problem), colour: (text) => paint.red(text), flexible: true },
    ],
    output,
  );
  const leftAlone = table(
    workers.flatMap(({ name, sinks }) => sinks.filter(({ state }) => state !== "closed").map((sink) => ({ name, ...sink }))),
    [
      { title: "", value: () => mark("failed", paint) },
      { title: "left alone", value: ({ sink }) => sink },
      { title: "by", value: ({ name }) => printable(name) },
      { title: "since", value: ({ since }) => since },
      { title: "", value: ({ reason = "" }) => printable(reason), colour: (text) => paint.yellow(text), flexible: true },
    ],
    output,
  );
  const sections = [facts, ...(parts.length > 0 ? [health] : []), ...(leftAlone.includes("\n") ? [leftAlone] : [])];
  return sections.join("\n\n");
}

function dagsText({ inForce, broken_files: broken }: NonNullable<Status["dags"]>): string {
  return `${number(inForce)} in force${broken.length > 0 ? `, ${count(broken.length, "file")} broken` : ""}`;
}
