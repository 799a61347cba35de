import Table from "cli-table3";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import type { Figure, Observation } from "./figure.ts";
import type { ByProcess } from "./processes.ts";
import { median, percentile } from "./statistics.ts";

export type Results = {
  readonly taken: string;
  readonly quick: boolean;
  readonly machine: {
    readonly processor: string;
    readonly processors: number;
    readonly memoryGB: number;
    readonly node: string;
    readonly load: readonly number[];
  };
  readonly figures: readonly Summary[];
  readonly observations: readonly Observation[];
};

type Summary = Figure & {
  readonly median: number;
  readonly p99: number;
  readonly min: number;
  readonly max: number;
  /** Of this figure's median to its floor's; for rates and for times alike. */
  readonly ratio?: number;
};

export function resultsOf(figures: readonly Figure[], observations: readonly Observation[], quick: boolean): Results {
  const machine = {
    processor: cpus()[0]?.model ?? "",
    processors: availableParallelism(),
    memoryGB: Math.round(totalmem() / 1e9),
    node: process.version,
    load: loadavg(),
  };
  const summaries = figures.map((figure): Summary => {
    const { values } = figure;
    const floor = figures.find(({ name }) => name === figure.floor);
    return {
      ...figure,
      median: median(values),
      p99: percentile(values, 0.99),
      min: Math.min(...values),
      max: Math.max(...values),
      ...(floor && { ratio: median(values) / median(floor.values) }),
    };
  });
  return { taken: new Date().toISOString(), quick, machine, figures: summaries, observations };
}

/** The figures, then what each stretch cost each process. */
export function render({ figures, observations }: Results): string {
  const table = new Table({
    head: ["figure", "unit", "median", "min", "p99", "max", "to its floor", "aim"],
    style: { head: [], border: [] },
  });
  for (const { name, unit, median: middle, min, p99, max, ratio, floor, aim, note } of figures) {
    const against = ratio === undefined ? (note ?? "") : `${ratio.toFixed(2)} × ${floor}`;
    table.push([name, unit, ...[middle, min, p99, max].map((value) => number(value)), against, aim ?? ""]);
  }
  return `${table.toString()}\n\n${costs("processor time, seconds", observations, ({ cpu }) => cpu)}\n\n${costs("peak memory, MB", observations, ({ peak }) => peak)}`;
}

function costs(title: string, observations: readonly Observation[], of: (observation: Observation) => ByProcess): string {
  const names = [...new Set(observations.flatMap((observation) => Object.keys(of(observation))))].sort();
  const table = new Table({ head: [title, "took, s", ...names], style: { head: [], border: [] } });
  for (const observation of observations)
    table.push([observation.name, number(observation.seconds), ...names.map((name) => number(of(observation)[name] ?? Number.NaN))]);
  return table.toString();
}

function number(value: number): string {
  if (Number.isNaN(value)) return "–";
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(2);
}
