import { Command } from "commander";
import type { DagSummary, Status } from "../../gateway/client.ts";
import { connectGateway } from "../gateway.ts";
import { details } from "../output/details.ts";
import { count, duration, fold, number, printable } from "../output/format.ts";
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
      const broken = status.dags?.broken.length ? (await client.dags()).filter((dag) => dag.broken) : [];
      output.print([statusText(status, client.url, output), ...brokenLines(broken, output)].join("\n"));
      output.result({ gateway: client.url, ...status, broken: broken.map(({ name, file, broken: how }) => ({ name, file, ...how })) });
      if (!status.healthy) process.exitCode = 1;
    });
}

/** How the lake is, for people. */
export function statusText(status: Status, gateway: string, output: Pick<Output, "width" | "paint">): string {
  const { paint } = output;
  const { parts, arrivals, quarantined, dags } = status;
  const facts = details(
    [
      ["gateway", `${gateway} ${paint.dim(`Sluice ${status.version}`)}`],
      ["Temporal UI", status.temporal_ui],
      ["arrivals", `${number(arrivals.waiting)} waiting, ${number(arrivals.started)} in runs, ${number(arrivals.rejected)} rejected`],
      ["quarantine", quarantined === undefined ? "" : count(quarantined, "object")],
      [
        "DAGs",
        dags
          ? `${number(dags.inForce)} in force${dags.broken.length > 0 ? `; the newest file is broken of ${dags.broken.map(printable).join(", ")}` : ""}`
          : "",
      ],
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
  return parts.length > 0 ? `${facts}\n\n${health}` : facts;
}

/** What is wrong with the newest files, as compilers write it. */
export function brokenLines(dags: readonly DagSummary[], { width, paint }: Pick<Output, "width" | "paint">): readonly string[] {
  return dags.flatMap(({ name, file, broken }) => [
    "",
    `${mark("failed", paint)} ${paint.bold(printable(name))} is broken in ${printable(file)}; its last good version stays in force:`,
    ...(broken?.problems ?? []).flatMap((problem) => fold(printable(problem), width - 4).map((line) => `    ${line}`)),
  ]);
}
