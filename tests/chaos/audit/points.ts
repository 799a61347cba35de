import { isDeepStrictEqual } from "node:util";
import type { Expected, ExpectedPoint, Scalar } from "../generator/expected.ts";
import { type CatalogEntries, emptyTally, type Finding, nameOf, type Units } from "./finding.ts";

type Series = {
  readonly name: string;
  readonly tags?: { readonly [name: string]: string };
  readonly columns: readonly string[];
  readonly values: readonly (readonly (Scalar | null)[])[];
};

/** Every point of a database of InfluxDB. */
async function readPoints(url: string, database: string): Promise<readonly ExpectedPoint[]> {
  const query = new URLSearchParams({ db: database, epoch: "ms", q: "SELECT * FROM /.*/ GROUP BY *" });
  const response = await fetch(new URL(`/query?${query.toString()}`, url));
  if (!response.ok) throw new Error(`InfluxDB answered ${response.status}: ${await response.text()}`);
  const { results } = (await response.json()) as { results: { series?: Series[]; error?: string }[] };
  const failed = results.find(({ error }) => error !== undefined);
  if (failed) throw new Error(`InfluxDB answered: ${failed.error}`);
  return results.flatMap(({ series = [] }) => series.flatMap(pointsOf));
}

function pointsOf({ name, tags = {}, columns, values }: Series): readonly ExpectedPoint[] {
  const given = Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== ""));
  return values.map((row) => {
    const { time, ...fields } = Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null]));
    const present = Object.entries(fields).filter((field): field is [string, Scalar] => field[1] !== null);
    return { measurement: name, tags: given, time: Number(time), fields: Object.fromEntries(present) };
  });
}

/** InfluxDB has one point for one of these. */
function identityOf({ measurement, tags, time }: ExpectedPoint): string {
  const sorted = Object.entries(tags).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([measurement, sorted, time]);
}

function pointsIn(expected: Expected): readonly ExpectedPoint[] {
  return expected.state === "processed" ? (expected.points ?? []) : [];
}

/** Every point is there, with the fields that the object's last version gives it, and no other. */
export async function auditPoints(
  influx: { readonly url: string; readonly database: string },
  units: Units,
  catalog: CatalogEntries,
): Promise<Finding> {
  const tally = emptyTally();
  const all = [...units.values()];
  const wanted = new Map(
    all.flatMap((unit) => pointsIn(unit.content.expected).map((point) => [identityOf(point), { point, owner: nameOf(unit) }] as const)),
  );
  const former = new Set(all.flatMap(({ older }) => older.flatMap(pointsIn)).map(identityOf));
  const found = await readPoints(influx.url, influx.database);
  for (const { measurement, tags, time, fields } of found) {
    const identity = identityOf({ measurement, tags, time, fields });
    const { object, ...values } = fields;
    const expected = wanted.get(identity);
    wanted.delete(identity);
    if (!expected) (former.has(identity) ? tally.left : tally.duplicated).push(`${identity} of the object ${String(object)}`);
    else if (!isDeepStrictEqual(values, { ...expected.point.fields }))
      tally.wrong.push(`${identity} of ${expected.owner}: ${JSON.stringify(values)}, must be ${JSON.stringify(expected.point.fields)}`);
    else if (catalog.get(expected.owner)?.object_number !== object)
      tally.wrong.push(`${identity} of ${expected.owner}: marked ${String(object)}, must be ${catalog.get(expected.owner)?.object_number}`);
  }
  for (const [identity, { owner }] of wanted) tally.lost.push(`${identity} of ${owner}`);
  return { what: "points", expected: all.flatMap((unit) => pointsIn(unit.content.expected)).length, found: found.length, ...tally };
}
