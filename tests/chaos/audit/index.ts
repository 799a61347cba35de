import type { Client } from "minio";
import { MongoClient } from "mongodb";
import type { Generated } from "../generator/expected.ts";
import { auditCatalog, auditTraces, readCatalog } from "./catalog.ts";
import { auditDocuments } from "./documents.ts";
import { type Finding, faultsFound, unitsOf } from "./finding.ts";
import { auditGraph } from "./graph.ts";
import { auditMembers } from "./members.ts";
import { auditPoints } from "./points.ts";

/** Where the databases are; nothing else of the lake is known here, and nothing of the engine is imported. */
export type Databases = {
  readonly mongo: string;
  readonly influx: { readonly url: string; readonly database: string };
  /** Left out where other lakes write to the same graph. */
  readonly neo4j?: string;
  readonly s3: Client;
};

/** Compares every database with what the inputs say must be there. */
export async function audit(objects: readonly Generated[], { mongo: url, influx, neo4j, s3 }: Databases): Promise<readonly Finding[]> {
  const units = unitsOf(objects);
  const containers = [...new Set(objects.map(({ container }) => container))];
  await using mongo = new MongoClient(url);
  const catalog = await readCatalog(mongo, containers);
  return [
    await auditCatalog(mongo, units, catalog),
    await auditTraces(mongo, units, catalog),
    await auditPoints(influx, units, catalog),
    ...(neo4j === undefined ? [] : await auditGraph(neo4j, units, catalog)),
    await auditDocuments(mongo, containers, units, catalog),
    await auditMembers(s3, containers, units),
  ];
}

/** What is not as it must be, a line each. */
export function faultLines(findings: readonly Finding[]): readonly string[] {
  return findings.flatMap((finding) => faultsFound.flatMap((fault) => finding[fault].map((line) => `${finding.what} ${fault}: ${line}`)));
}

export function countFaults(findings: readonly Finding[]): number {
  return faultLines(findings).length;
}
