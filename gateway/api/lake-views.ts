import type { BrokenFileEntry, DagDocument, WatermarkDocument, WorkerDocument } from "../../sdk/contracts/catalog.ts";
import type { JsonObject } from "../../sdk/contracts/json.ts";
import type { BrokenFile, DagDetail, DagSummary, ReconciliationPass, Worker } from "./types.ts";

export function dag(of: Omit<DagDocument, "plan">): DagSummary {
  return {
    name: of._id,
    plan_hash: of.plan_hash,
    file: of.file,
    source: of.source,
    published: iso(of.published),
    ...(of.broken && { broken: { since: iso(of.broken.since), problems: of.broken.problems } }),
  };
}

export function brokenFile({ since, ...file }: BrokenFileEntry): BrokenFile {
  return { ...file, since: iso(since) };
}

export function pass({ _id, pass: mark }: WatermarkDocument): ReconciliationPass {
  const [, store = "", container = ""] = _id.split("/");
  const { begun = "", listed = 0, whole } = mark ?? {};
  return { store, container, begun, listed, ...(whole && { whole }) };
}

export function worker({ _id: name, site, seen, sinks }: WorkerDocument): Worker {
  return { name, site, seen: iso(seen), sinks: sinks.map((sink) => ({ ...sink, since: iso(sink.since) })) };
}

export function dagDetail(of: DagDocument): DagDetail {
  return { ...dag(of), code: of.code, plan: of.plan as JsonObject };
}

/** A predecessor's documents may hold times as text. */
export function iso(time: Date): string {
  return new Date(time).toISOString();
}
