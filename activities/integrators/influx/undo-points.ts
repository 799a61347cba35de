import type { InfluxSeries } from "../../../infra/influx.ts";
import { retryable } from "../../../sdk/contracts/errors.ts";
import type { Receipt } from "../../../sdk/contracts/receipt.ts";
import { identifier, seriesCondition, text } from "./influxql.ts";
import { marker } from "./point-values.ts";

type Queries = { query(statements: string): Promise<readonly (readonly InfluxSeries[])[]> };

export type PointsLocator = {
  readonly object: number;
  /** Empty: any measurement. */
  readonly measurements: readonly string[];
  /** Milliseconds since 1970, both inclusive. */
  readonly from: number;
  readonly to: number;
};

/** Above this many measurements a receipt does not name them. */
export const measurementsNamed = 100;

/** All that InfluxDB can hold, which counts in nanoseconds. */
export const allTimes = { from: -9_223_372_036_854, to: 9_223_372_036_853 } as const;

export function pointsLocatorOf({ locator }: Receipt): PointsLocator {
  const { object, measurements, from, to } = locator;
  return { object: Number(object), measurements: Array.isArray(measurements) ? measurements : [], from: Number(from), to: Number(to) };
}

/** `sluice/readings`, or of how many measurements. */
export function pointsPlace(database: string, measurements: readonly string[] | number | "many" | "any"): string {
  if (measurements === "any") return `${database}/any measurement`;
  return `${database}/${typeof measurements === "object" ? measurements.join(",") : `${measurements} measurements`}`;
}

/** How much one round looks at, and how many deletes go into one request. */
const pointsARound = 5_000;
const seriesARound = 20;
const deletesARequest = 200;

/**
 * Deletes the points of one object and no other; says how many. InfluxDB deletes by series and time only, a millisecond a statement
 * whether it names one point or a range: where no neighbour's point lies between two of ours, one range takes both.
 */
export async function undoPoints(influx: Queries, locator: PointsLocator, signal: AbortSignal): Promise<number> {
  if (locator.to < locator.from) return 0;
  const series = await ownSeries(influx, locator);
  for (let start = 0; start < series.length; start += seriesARound)
    await undoSeries(influx, locator, series.slice(start, start + seriesARound), signal);
  return counted(series);
}

async function undoSeries(influx: Queries, locator: PointsLocator, series: readonly InfluxSeries[], signal: AbortSignal): Promise<void> {
  let before: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    const found = await ownPoints(influx, locator, series);
    if (found.length === 0) return;
    const deletes = await deletesOf(influx, found);
    const now = deletes.join(";");
    if (now === before) {
      throw retryable(
        "UNDO_INCOMPLETE",
        `InfluxDB still has points of object ${locator.object} after ${deletes.length} deletes, e.g. after ${deletes[0]}: they are deleted again later.`,
      );
    }
    before = now;
    for (let start = 0; start < deletes.length; start += deletesARequest) {
      signal.throwIfAborted();
      await influx.query(deletes.slice(start, start + deletesARequest).join(";"));
    }
  }
}

/** How many points of the object there are. */
export async function countPoints(influx: Queries, locator: PointsLocator): Promise<number> {
  const [series = []] = await influx.query(`SELECT count(${identifier(marker)}) FROM ${sources(locator)} WHERE ${whose(locator)}`);
  return counted(series);
}

function counted(series: readonly InfluxSeries[]): number {
  return series.reduce((sum, { values }) => sum + Number(values[0]?.[1] ?? 0), 0);
}

/** All of them: SLIMIT would count the series of a measurement before it is known which of them the object has a point in. */
async function ownSeries(influx: Queries, locator: PointsLocator): Promise<readonly InfluxSeries[]> {
  const [series = []] = await influx.query(
    `SELECT count(${identifier(marker)}) FROM ${sources(locator)} WHERE ${whose(locator)} GROUP BY *`,
  );
  return series;
}

async function ownPoints(influx: Queries, locator: PointsLocator, series: readonly InfluxSeries[]): Promise<readonly InfluxSeries[]> {
  const answers = await influx.query(
    series
      .map(
        (one) =>
          `SELECT ${identifier(marker)} FROM ${identifier(one.name)} WHERE ${whereSeries(one)}${whose(locator)} LIMIT ${pointsARound}`,
      )
      .join(";"),
  );
  return series.flatMap((one, index) => (answers[index] ?? []).map(({ values }) => ({ ...one, values })));
}

async function deletesOf(influx: Queries, found: readonly InfluxSeries[]): Promise<readonly string[]> {
  const spans = found.map((series) => {
    const times = timesOf(series);
    return { times, where: whereSeries(series), source: identifier(series.name), first: times[0] ?? "", last: times.at(-1) ?? "" };
  });
  // Neighbours may have written millions in between: of those as many are looked at as there are points of our own.
  const all = await influx.query(
    spans
      .map(
        ({ times, where, source, first, last }) =>
          `SELECT * FROM ${source} WHERE ${where}time >= ${text(first)} AND time <= ${text(last)} LIMIT ${2 * times.length}`,
      )
      .join(";"),
  );
  return spans.flatMap(({ times, where, source }, index) =>
    runs(times, (all[index] ?? []).flatMap(timesOf)).map(([first, last]) =>
      first === last
        ? `DELETE FROM ${source} WHERE ${where}time = ${text(first)}`
        : `DELETE FROM ${source} WHERE ${where}time >= ${text(first)} AND time <= ${text(last)}`,
    ),
  );
}

/**
 * The stretches of `all` that hold nothing but times of `own`, both in ascending order. `all` may break off: what comes
 * after it of `own` is a stretch each.
 */
export function runs(own: readonly string[], all: readonly string[]): readonly (readonly [first: string, last: string])[] {
  const ours = new Set(own);
  const found: [string, string][] = [];
  let open: [string, string] | undefined;
  for (const time of all) {
    if (!ours.has(time)) open = undefined;
    else if (open) open[1] = time;
    else found.push((open = [time, time]));
    ours.delete(time);
  }
  return [...found, ...[...ours].map((time) => [time, time] as const)];
}

function timesOf({ values }: InfluxSeries): readonly string[] {
  return values.map(([time]) => String(time));
}

function whereSeries({ tags = {} }: InfluxSeries): string {
  const condition = seriesCondition(tags);
  return condition && `${condition} AND `;
}

function sources({ measurements }: PointsLocator): string {
  return measurements.length === 0 ? "/.*/" : measurements.map(identifier).join(", ");
}

function whose({ object, from, to }: PointsLocator): string {
  return `${identifier(marker)} = ${object} AND time >= ${from}ms AND time < ${to + 1}ms`;
}
