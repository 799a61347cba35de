import { chunked, chunksOf, terminal } from "sluice/sdk";
import type { CsvRecord } from "./csv-records.ts";
import { csvTable } from "./csv.ts";
import { nameOf, type Readable } from "./encoding.ts";
import { influxName, isMissing, measurementOf, numberAt, pairsAt, type Point, timeAt } from "./point.ts";

const timeColumns = new Set(["timestamp", "temps", "date", "measuretime", "time"]);
const valueColumns = new Set(["value", "valeur", "reading", "payload.value"]);
const unitColumns = new Set(["value_units", "payload.value_units"]);
/** Different in every row: as a tag it would make a series of each point, so it becomes a field. */
const identityColumns = new Set(["_id"]);

type Layout = {
  readonly time: { readonly index: number; readonly name: string };
  readonly value: { readonly index: number; readonly name: string };
  readonly unit: number;
  readonly tags: readonly { readonly index: number; readonly name: string }[];
  readonly identity: readonly { readonly index: number; readonly name: string }[];
};

/** Whether these columns are sensor readings: one holds a time and one a value, by the predecessor's names. */
export function isReadingsHeader(header: readonly string[]): boolean {
  return layoutOf(header) !== undefined;
}

/**
 * Sensor readings as points: the measurement is the unit, the field is `value`, every other column a tag. A cell
 * with lists makes a point of each value and its unit; a row without a value makes none.
 * @throws `UNREADABLE_TIME`, `NOT_A_NUMBER`, `UNEQUAL_LISTS`, `NO_READINGS` and what {@link csvTable} throws
 */
export function csvReadings(object: Readable): AsyncIterable<Point> {
  return chunked(async function* () {
    await using table = await csvTable(object);
    const layout = layoutOf(table.header);
    if (!layout) throw notReadings(object, table.header);
    // Made once, not for each of millions of rows.
    const notation = { decimalComma: table.delimiter !== "," };
    for await (const records of chunksOf(table.records)) {
      const points: Point[] = [];
      for (const record of records) pointsOf(record, layout, notation, object, points);
      yield points;
    }
  });
}

function pointsOf(
  { cells, line }: CsvRecord,
  layout: Layout,
  notation: { readonly decimalComma: boolean },
  object: Readable,
  points: Point[],
): void {
  const { time, value, unit, tags, identity } = layout;
  const found = cells[value.index] as string;
  if (found === "") return;
  const place = { line };
  const at = timeAt(cells[time.index], object, time.name, place);
  const tagged: Record<string, string> = {};
  for (const { index, name } of tags) if (cells[index] !== "") tagged[name] = cells[index] as string;

  const units = unit < 0 ? undefined : cells[unit];
  const pairs = found.charCodeAt(0) === openBracket ? pairsAt(listCell(units), listCell(found), object, place) : single(units, found);
  for (const [name, reading] of pairs) {
    if (isMissing(reading)) continue;
    const fields: Record<string, number | string> = { value: numberAt(reading, object, value.name, place, notation) };
    for (const column of identity) if (cells[column.index] !== "") fields[column.name] = cells[column.index] as string;
    points.push({ measurement: measurementOf(name, object, place), time: at, tags: tagged, fields });
  }
}

const openBracket = 91;

function single(unit: unknown, value: unknown): readonly (readonly [unknown, unknown])[] {
  return [[unit, value]];
}

/** `[1,2]` and `["V","A"]` as lists; what is no JSON stays text, and is refused as a value by its reader. */
function listCell(cell: string | undefined): unknown {
  if (cell === undefined || !cell.startsWith("[")) return cell;
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}

function layoutOf(header: readonly string[]): Layout | undefined {
  const columns = header.map((name, index) => ({ index, name, plain: name.toLowerCase() }));
  const time = columns.find(({ plain }) => timeColumns.has(plain));
  const value = columns.find(({ plain }) => valueColumns.has(plain));
  if (!time || !value) return undefined;
  const unit = columns.find(({ plain }) => unitColumns.has(plain));
  const others = columns.filter((column) => column !== time && column !== value && column !== unit);
  const named = ({ index, name }: (typeof columns)[number]) => ({ index, name: influxName(name) });
  return {
    time,
    value,
    unit: unit?.index ?? -1,
    tags: others.filter(({ plain }) => !identityColumns.has(plain)).map(named),
    identity: others.filter(({ plain }) => identityColumns.has(plain)).map(named),
  };
}

function notReadings(object: Readable, header: readonly string[]) {
  return terminal(
    "NO_READINGS",
    `${nameOf(object)} has the columns ${header.join(", ")}; expected a time (${[...timeColumns].join(", ")}) and a value (${[...valueColumns].join(", ")}). Rename its columns, or write a DAG of your own for this format.`,
    { place: { line: 1 } },
  );
}
