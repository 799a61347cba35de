import { terminal } from "../../../sdk/contracts/errors.ts";
import type { TaskContext } from "../../../sdk/execution/context.ts";
import { asRow, missingColumn, type Row } from "../writing/rows.ts";
import { escapeMeasurement, escapeName, storedName } from "./line-protocol.ts";
import type { ColumnOptions, PointOptions } from "./point-options.ts";
import { nanoseconds, type PointTime } from "./point-time.ts";
import { fieldValue, isScalar, marker, measurementOf, refuseReserved, tagValue, timeOf } from "./point-values.ts";
import { createSeriesBook, type SeriesBook } from "./series-book.ts";

export type PointEncoder = {
  /** The point's line with its line break. */
  encode(value: unknown, number: number): string;
  readonly series: Pick<SeriesBook, "count" | "exact">;
  /** Measurements under the names that they have in InfluxDB. */
  readonly measurements: ReadonlySet<string>;
  /** Milliseconds since 1970; `from` is above `to` before the first point. */
  readonly from: number;
  readonly to: number;
};

/** Turns the rows of one call into lines; every number becomes a float, so that `1` and `1.5` can share a field. */
export function createPointEncoder(options: PointOptions, context: TaskContext): PointEncoder {
  const series = createSeriesBook();
  const measurements = new Set<string>();
  const fieldKeys = new Map<string, string>();
  const mark = `${marker}=${context.object.number}i`;
  const split = options ? splitColumns(options, context) : splitPoint(context);
  let from = Infinity;
  let to = -Infinity;

  function prefixOf(measurement: string, tags: readonly Tag[]): string {
    if (measurement.startsWith("#")) {
      throw terminal(
        "BAD_MEASUREMENT",
        `The measurement ${JSON.stringify(measurement)} of ${context.object.container}/${context.object.key} begins with #, which InfluxDB takes for a comment: name it otherwise.`,
      );
    }
    measurements.add(detached(storedName(measurement)));
    return detached(escapeMeasurement(measurement) + tags.map(([name, value]) => `,${escapeName(name)}=${escapeName(value)}`).join(""));
  }

  function fieldKey(name: string, number: number): string {
    let key = fieldKeys.get(name);
    if (key === undefined) {
      refuseReserved(name, number, context);
      key = `${escapeName(name)}=`;
      fieldKeys.set(name, key);
    }
    return key;
  }

  return {
    encode(value, number) {
      const { measurement, time, tags, fields, names } = split(asRow(value, number, context), number);
      let key = measurement;
      for (const [name, tag] of tags) key += `\0${name}\0${tag}`;
      const prefix = series.prefix(key, time, () => prefixOf(measurement, tags));
      let line = `${prefix} `;
      for (const name of names) {
        const field = fields[name];
        if (field === null || field === undefined) continue;
        line += `${fieldKey(name, number)}${fieldValue(field, name, number, context)},`;
      }
      if (time.ms < from) from = time.ms;
      if (time.ms > to) to = time.ms;
      return `${line}${mark} ${nanoseconds(time)}\n`;
    },
    series,
    measurements,
    get from() {
      return from;
    },
    get to() {
      return to;
    },
  };
}

/** A cell is cut out of the text around it without copying, and would keep that alive for as long as a series is known. */
function detached(text: string): string {
  return Buffer.from(text).toString();
}

type Tag = readonly [name: string, value: string];

type Parts = {
  readonly measurement: string;
  readonly time: PointTime;
  /** Without those that have no value: InfluxDB knows no empty tag. */
  readonly tags: readonly Tag[];
  readonly fields: Row;
  /** Which of the fields to write. */
  readonly names: readonly string[];
};

type Split = (row: Row, number: number) => Parts;

function splitColumns(options: ColumnOptions, context: TaskContext): Split {
  const { measurement, time } = options;
  const tags = options.tags.toSorted();
  for (const tag of tags) refuseReserved(tag, 1, context);
  const taken = new Set([time, ...tags, ...(typeof measurement === "string" ? [] : [measurement.column])]);

  return (row, number) => {
    const cell = (column: string) => {
      const value = row[column];
      if (value === undefined) throw missingColumn(column, row, number, context);
      return value;
    };
    if (options.fields) for (const name of options.fields) cell(name);
    return {
      measurement:
        typeof measurement === "string" ? measurement : measurementOf(cell(measurement.column), measurement.column, number, context),
      time: timeOf(cell(time), time, number, context),
      tags: tagsOf(tags, cell, number, context),
      fields: row,
      names: options.fields ?? Object.keys(row).filter((name) => !taken.has(name) && isScalar(row[name])),
    };
  };
}

function splitPoint(context: TaskContext): Split {
  return (point, number) => {
    const part = (name: string) => {
      const value = point[name];
      if (value === undefined) throw missingColumn(name, point, number, context);
      return value;
    };
    const tags = asRow(point["tags"] ?? {}, number, context);
    const fields = asRow(part("fields"), number, context);
    const names = Object.keys(tags).sort();
    for (const name of names) refuseReserved(name, number, context);
    return {
      measurement: measurementOf(part("measurement"), "measurement", number, context),
      time: timeOf(part("time"), "time", number, context),
      tags: tagsOf(names, (name) => tags[name], number, context),
      fields,
      names: Object.keys(fields),
    };
  };
}

function tagsOf(names: readonly string[], cell: (name: string) => unknown, number: number, context: TaskContext): readonly Tag[] {
  const tags: Tag[] = [];
  for (const name of names) {
    const value = cell(name);
    if (value === null || value === undefined || value === "") continue;
    tags.push([name, tagValue(value, name, number, context)]);
  }
  return tags;
}
