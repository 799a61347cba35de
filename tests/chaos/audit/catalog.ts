import type { MongoClient } from "mongodb";
import { type CatalogEntries, type CatalogEntry, emptyTally, type Finding, nameOf, type Units } from "./finding.ts";

type Document = CatalogEntry & { readonly _id: string };

/** The catalog's documents of some containers, by container and key. */
export async function readCatalog(mongo: MongoClient, containers: readonly string[]): Promise<CatalogEntries> {
  const projection = { state: 1, version: 1, object_number: 1, swift_object_id: 1, reason: 1 };
  const entries = await Promise.all(
    containers.map(async (container) => {
      const documents = await mongo.db("swift").collection<Document>(container).find({}, { projection }).toArray();
      return documents.map((document): [string, CatalogEntry] => [`${container}/${document._id}`, document]);
    }),
  );
  return new Map(entries.flat());
}

function ofContainers(units: Units) {
  return { container: { $in: [...new Set([...units.values()].map(({ container }) => container))] } };
}

/** Every object has one document, in the state that its content deserves, and an identity of its own. */
export async function auditCatalog(mongo: MongoClient, units: Units, catalog: CatalogEntries): Promise<Finding> {
  const tally = emptyTally();
  const quarantine = await mongo
    .db("sluice")
    .collection<{ _id: string; container: string }>("quarantine")
    .find(ofContainers(units), { projection: { _id: 1 } })
    .toArray();
  const inQuarantine = new Set(quarantine.map(({ _id }) => _id));
  const owners = new Map<string, string>();
  for (const unit of units.values()) {
    const name = nameOf(unit);
    const { expected } = unit.content;
    const entry = catalog.get(name);
    if (!entry) {
      tally.lost.push(`${name}: the catalog does not know it`);
      continue;
    }
    const found =
      entry.reason && entry.state !== "processed" ? `${entry.state} (${entry.reason.code}: ${entry.reason.message})` : entry.state;
    if (entry.state !== "processed" && entry.state !== "quarantined")
      tally.lost.push(`${name}: neither processed nor in quarantine but ${found}`);
    else if (entry.state !== expected.state) tally.wrong.push(`${name}: ${found}, must be ${expected.state}`);
    else if (expected.state === "quarantined" && entry.reason?.code !== expected.code)
      tally.wrong.push(`${name}: ${found}, must be ${expected.code}`);
    const putAside = inQuarantine.has(name);
    if (putAside && expected.state === "processed") tally.left.push(`${name}: an entry in quarantine of an older version`);
    if (!putAside && expected.state === "quarantined") tally.lost.push(`${name}: no entry in quarantine`);
    const other = owners.get(entry.swift_object_id);
    if (other !== undefined) tally.duplicated.push(`${name} and ${other} share the object id ${entry.swift_object_id}`);
    owners.set(entry.swift_object_id, name);
  }
  for (const name of catalog.keys()) if (!units.has(name)) tally.duplicated.push(`${name}: nobody put it`);
  for (const name of inQuarantine) if (!units.has(name)) tally.left.push(`${name}: an entry in quarantine of what nobody put`);
  return { what: "objects", expected: units.size, found: catalog.size, ...tally };
}

type Trace = { readonly _id: string; readonly container: string; readonly key: string; readonly version: string; readonly outcome: string };

/** The last version of each object was processed to its end, and none twice; how many were is told by their traces. */
export async function auditTraces(mongo: MongoClient, units: Units, catalog: CatalogEntries): Promise<Finding> {
  const tally = emptyTally();
  const traces = await mongo
    .db("sluice")
    .collection<Trace>("traces")
    .find(ofContainers(units), { projection: { container: 1, key: 1, version: 1, outcome: 1 } })
    .toArray();
  const ended = traces.filter(({ outcome }) => outcome === "processed" || outcome === "quarantined");
  const byVersion = Map.groupBy(
    ended.filter((trace) => units.has(nameOf(trace))),
    (trace) => `${nameOf(trace)}@${trace.version}`,
  );
  for (const [version, [, ...more]] of byVersion)
    if (more.length > 0) tally.duplicated.push(`${version}: processed ${more.length + 1} times`);
  for (const name of units.keys()) {
    const version = `${name}@${catalog.get(name)?.version ?? ""}`;
    if (!byVersion.has(version)) tally.lost.push(`${version}: no trace of how it ended`);
  }
  return { what: "processings", expected: units.size, found: byVersion.size, ...tally };
}
