import { expect, it } from "vitest";
import { newDocument } from "../../infra/catalog.ts";
import { createTraceReader } from "./trace-reader.ts";

const minute = (index: number) => new Date(Date.UTC(2026, 0, 1, 0, index));
const document = newDocument({ container: "campus", key: "roof.csv", store: "s3", number: 1, now: minute(0) });

/** A collection with documents that a search has found already, of which it sorts and cuts as MongoDB does. */
function collection<Document extends object>(found: readonly Document[]) {
  const cursor = (documents: readonly Document[]) => ({
    sort: (order: { readonly [field: string]: 1 | -1 }) => cursor(documents.toSorted(by(order))),
    limit: (most: number) => cursor(documents.slice(0, most)),
    project: () => cursor(documents),
    maxTimeMS: () => cursor(documents),
    toArray: async () => [...documents],
    close: async () => {},
  });
  return { find: () => cursor(found) };
}

function by(order: { readonly [field: string]: 1 | -1 }) {
  const [[field, direction] = ["", 1]] = Object.entries(order);
  const valueOf = (document: object) => Number(new Date(Reflect.get(document, field) as string | Date));
  return (one: object, other: object) => direction * (valueOf(one) - valueOf(other));
}

const many = <Document>(count: number, make: (index: number) => Document) => Array.from({ length: count }, (_, index) => make(index));

function read(counts: { readonly traces?: number; readonly attempts?: number; readonly duplicates?: number; readonly audit?: number }) {
  const { traces = 0, attempts = 0, duplicates = 0, audit = 0 } = counts;
  const traceOf = (index: number) => {
    const time = minute(index).toISOString();
    return { _id: `${index}`, run_id: `run ${index}`, workflow_id: "", announced: time, claimed: time, closed: time, dags: [] };
  };
  const catalog = {
    // Those that the document names are asked for by their ids: none here.
    traces: { find: (filter: object) => collection("_id" in filter ? [] : many(traces, traceOf)).find() },
    attempts: collection(many(attempts, (index) => ({ at: minute(index) }))),
    duplicates: collection(many(duplicates, (index) => ({ refused: minute(index) }))),
    audit: { find: (filter: object) => collection("_id" in filter ? [] : many(audit, (index) => ({ at: minute(index) }))).find() },
    histories: collection([]),
    forgottenRuns: collection([]),
    dags: collection([]),
  };
  return createTraceReader(catalog as never)(document);
}

it("tells the newest where there is more than it tells at once, the oldest of them first, and says that it is not all", async () => {
  const { attempts, complete } = await read({ attempts: 1_001 });
  expect([attempts.length, attempts[0]?.at, attempts.at(-1)?.at, complete]).toEqual([1_000, minute(1), minute(1_000), false]);
  const { duplicates, ...story } = await read({ duplicates: 201 });
  expect([duplicates[0]?.refused, duplicates.at(-1)?.refused, story.complete]).toEqual([minute(1), minute(200), false]);
  const asked = await read({ audit: 201 });
  expect([asked.audit[0]?.at, asked.audit.at(-1)?.at, asked.complete]).toEqual([minute(1), minute(200), false]);
  const ran = await read({ traces: 201 });
  expect([ran.traces[0]?.run_id, ran.traces.at(-1)?.run_id, ran.complete]).toEqual(["run 1", "run 200", false]);
});

it("says that it is all where as much as it tells at once is there", async () => {
  const { complete } = await read({ traces: 200, attempts: 1_000, duplicates: 200, audit: 200 });
  expect(complete).toBe(true);
});
