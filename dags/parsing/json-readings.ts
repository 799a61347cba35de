import { chunked, chunksOf, terminal } from "sluice/sdk";
import { nameOf, type Readable } from "./encoding.ts";
import type { Located } from "./json.ts";
import { isRecord } from "./json-documents.ts";
import { isMissing, measurementOf, numberAt, pairsAt, type Point, show, timeAt, whereIn } from "./point.ts";

const readingTags = ["topic", "subID", "unitID", "input"] as const;
const olderTags = ["subID", "input"] as const;

/** Whether a value is one of the predecessor's sensor readings, in its present or its older form. */
export function isReading(value: unknown): boolean {
  return isPresentReading(value) || olderReading(value) !== undefined;
}

/**
 * The predecessor's sensor readings as points: the measurement is `value_units`, the field `value`. Lists of values
 * and units make a point of each pair; a reading without a value makes none.
 * @throws `NOT_A_READING`, `UNREADABLE_TIME`, `NOT_A_NUMBER`, `UNEQUAL_LISTS` (terminal, with the pointer)
 */
export function jsonReadings(values: AsyncIterable<Located>, object: Readable): AsyncIterable<Point> {
  return chunked(async function* () {
    for await (const chunk of chunksOf(values)) yield chunk.flatMap((located) => [...pointsIn(located, object)]);
  });
}

function pointsIn(located: Located, object: Readable): Generator<Point> {
  const { value } = located;
  if (isPresentReading(value)) return pointsOf(value, value["time"], readingTags, { ...located, path: "", timeField: "time" }, object);
  const older = olderReading(value);
  if (older) return pointsOf(older.reading, older.date, olderTags, { ...located, path: older.path, timeField: "date" }, object);
  throw notAReading(located, object);
}

type At = Located & { readonly path: string; readonly timeField: string };

function* pointsOf(
  reading: Record<string, unknown>,
  date: unknown,
  tagNames: readonly string[],
  at: At,
  object: Readable,
): Generator<Point> {
  const place = { ...at.place, pointer: `${at.place.pointer}${at.path}` };
  const time = timeAt(date, object, at.timeField, at.place);
  const tags: Record<string, string> = {};
  for (const name of tagNames) if (!isMissing(reading[name])) tags[name] = String(reading[name]);
  for (const [unit, value] of pairsAt(reading["value_units"], reading["value"], object, place)) {
    if (isMissing(value)) continue;
    yield { measurement: measurementOf(unit, object, place), time, tags, fields: { value: numberAt(value, object, "value", place) } };
  }
}

function isPresentReading(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && "value" in value && "value_units" in value && "time" in value;
}

/** `{date, payload: {value, …}}`, with the payload under `data`, or the whole of it under `data`. */
function olderReading(value: unknown): { reading: Record<string, unknown>; date: unknown; path: string } | undefined {
  if (!isRecord(value)) return undefined;
  const { data, payload } = value;
  const inner = isRecord(data) ? data : undefined;
  const [reading, path] = isRecord(payload)
    ? [payload, "/payload"]
    : isRecord(inner?.["payload"])
      ? [inner["payload"], "/data/payload"]
      : [inner, "/data"];
  const date = value["date"] ?? inner?.["date"];
  return reading && "value" in reading && date !== undefined ? { reading, date, path } : undefined;
}

function notAReading({ value, place }: Located, object: Readable) {
  return terminal(
    "NOT_A_READING",
    `${whereIn(object, { pointer: place.pointer })} (line ${place.line}) is ${show(value)}; expected a sensor reading with value, value_units and time, like the first of ${nameOf(object)}. Correct it, or upload other documents as an object of their own.`,
    { place },
  );
}
