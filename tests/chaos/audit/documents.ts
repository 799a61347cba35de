import { isDeepStrictEqual } from "node:util";
import type { MongoClient } from "mongodb";
import type { Expected } from "../generator/expected.ts";
import { type CatalogEntries, emptyTally, type Finding, nameOf, type Tally, type Unit, type Units } from "./finding.ts";

type Found = {
  readonly _id: string;
  readonly _object: { readonly container: string; readonly key: string; readonly version: string; readonly number: number };
  readonly [field: string]: unknown;
};

const collections = ["json", "tables", "sheets", "texts"] as const;

/** Every row is a document, once, as the object's last version has it. */
export async function auditDocuments(
  mongo: MongoClient,
  containers: readonly string[],
  units: Units,
  catalog: CatalogEntries,
): Promise<Finding> {
  const tally = emptyTally();
  let [expected, found] = [0, 0];
  for (const collection of collections) {
    const all = await mongo.db("processed").collection<Found>(collection).find({}).toArray();
    const own = all.filter(({ _object }) => containers.includes(_object.container));
    found += own.length;
    const byObject = Map.groupBy(own, ({ _object }) => nameOf(_object));
    for (const [name, documents] of byObject)
      if (!units.has(name)) tally.duplicated.push(`${documents.length} in ${collection} of ${name}, which nobody put`);
    for (const [name, unit] of units) {
      expected += rowsIn(unit.content.expected, collection).length;
      compare(tally, unit, collection, byObject.get(name) ?? [], catalog.get(name)?.object_number);
    }
  }
  return { what: "documents", expected, found, ...tally };
}

function rowsIn(expected: Expected, collection: string): readonly { readonly [field: string]: unknown }[] {
  return expected.state === "processed" && expected.documents?.collection === collection ? expected.documents.documents : [];
}

function compare(tally: Tally, unit: Unit, collection: string, found: readonly Found[], number: number | undefined): void {
  const byRow = Map.groupBy(found, ({ _id }) => Number(_id.slice(_id.lastIndexOf("/") + 1)));
  const wanted = rowsIn(unit.content.expected, collection);
  const where = (row: number) => `row ${row} of ${nameOf(unit)} in ${collection}`;
  wanted.forEach((document, index) => {
    const [first, ...more] = byRow.get(index + 1) ?? [];
    byRow.delete(index + 1);
    if (more.length > 0) tally.duplicated.push(`${where(index + 1)}: ${more.length + 1} documents`);
    if (!first) return void tally.lost.push(where(index + 1));
    const { _id, _object, ...fields } = first;
    const isOlder = unit.older.some((older) => isDeepStrictEqual(rowsIn(older, collection)[index], fields));
    if (!isDeepStrictEqual(fields, { ...document }))
      (isOlder ? tally.left : tally.wrong).push(`${where(index + 1)}: ${JSON.stringify(fields)}, must be ${JSON.stringify(document)}`);
    else if (_object.number !== number) tally.wrong.push(`${where(index + 1)}: marked ${_object.number}, must be ${number}`);
  });
  for (const row of byRow.keys()) {
    const isOlder = unit.older.some((older) => rowsIn(older, collection).length >= row);
    (isOlder ? tally.left : tally.duplicated).push(where(row));
  }
}
