import Table from "cli-table3";
import type { Comparison } from "./compare.ts";
import type { Results } from "./results.ts";
import { median, type Spread } from "./statistics.ts";

const style = { head: [], border: [] };

/** The figures, then what each stretch cost each process. */
export function render({ figures, observations }: Results): string {
  const table = new Table({ head: ["figure", "unit", "median", "min – max", "p95", "p99", "to its floors", "aim"], style });
  for (const { name, unit, spread, percentiles, ratios, aim, note } of figures) {
    const against = ratios.map((ratio) => `${number(ratio.spread.median)} × ${ratio.floor}`);
    table.push([
      name,
      unit,
      number(spread.median),
      reach(spread),
      ...(percentiles ? [number(percentiles.p95), number(percentiles.p99)] : ["", ""]),
      [...against, ...(note === undefined ? [] : [note])].join("\n"),
      aim ?? "",
    ]);
  }
  const costs = [
    costsOf("processor time, seconds", observations, ({ cpu }) => cpu),
    costsOf("peak memory, MB", observations, ({ peak }) => peak),
  ];
  return [table.toString(), ...costs].join("\n\n");
}

/** Medians over the rounds of each stretch. */
function costsOf(
  title: string,
  observations: Results["observations"],
  of: (observation: Results["observations"][number]) => { readonly [process: string]: number | null },
): string {
  const processes = [...new Set(observations.flatMap((observation) => Object.keys(of(observation))))].sort();
  const table = new Table({ head: [title, "took, s", ...processes], style });
  for (const [name, rounds] of Map.groupBy(observations, (observation) => observation.name)) {
    const costs = processes.map((process) => median(rounds.map((round) => of(round)[process] ?? Number.NaN)));
    table.push([name, ...[median(rounds.map(({ seconds }) => seconds)), ...costs].map(number)]);
  }
  return table.toString();
}

/** How a run stands to an earlier one. */
export function renderComparison({ changes, onlyBefore, onlyNow }: Comparison, before: Results, now: Results): string {
  const table = new Table({ head: ["figure", "unit", "before", "min – max", "now", "min – max", "now : before", "moved"], style });
  for (const { name, floor, unit, before, now, ratio, move } of changes) {
    const [what, by] = floor === undefined ? [name, unit] : [`  × ${floor}`, "ratio"];
    table.push([what, by, number(before.median), reach(before), number(now.median), reach(now), ratio.toFixed(2), moves[move]]);
  }
  const others = [
    ...(before.quick === now.quick ? [] : ["One of the runs was taken with --quick: most of their figures have nothing in common."]),
    ...(onlyBefore.length > 0 ? [`Only before: ${onlyBefore.join("; ")}.`] : []),
    ...(onlyNow.length > 0 ? [`Only now: ${onlyNow.join("; ")}.`] : []),
  ];
  const title = `Against the run of ${before.taken} (${before.machine.processors} × ${before.machine.processor}, Node ${before.machine.node})`;
  return [`${title}\n${table.toString()}`, ...others].join("\n");
}

const moves = { better: "better", worse: "worse", same: "within the rounds", unknown: "? (one round)" };

function reach({ min, max }: Spread): string {
  return `${number(min)} – ${number(max)}`;
}

function number(value: number): string {
  if (Number.isNaN(value)) return "–";
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(2);
}
