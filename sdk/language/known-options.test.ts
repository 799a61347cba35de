import { describe, expect, it } from "vitest";
import { z } from "zod";
import { after, arrival, dag, map, match, mime, object, rows, rule, task } from "../index.ts";
import { influxPoints, mongoDocuments, neo4jNodes, neo4jRelations, point, unpackArchive } from "../integrators.ts";
import { compileDag } from "../plan/compile.ts";
import { nearest } from "./known-options.ts";

/** What types refuse, and what a file that is never type-checked may hold all the same. */
const untyped = (value: unknown) => value as never;
const Reading = z.object({ sensor: z.string(), time: z.string(), value: z.number() });
const parse = task({ name: "parse", in: object, out: rows(Reading), async *run() {} });
const loose = task({ name: "loose", in: object, out: rows(z.looseObject({ sensor: z.string() })), async *run() {} });
const points = task({ name: "points", in: object, out: rows(point), async *run() {} });
const summary = task({ name: "summary", in: object, out: z.object({ count: z.number() }), run: () => ({ count: 1 }) });
const list = task({ name: "list", in: object, out: z.array(z.string()), run: () => [] });

const problemsOf = (flow: Parameters<typeof dag>[0]["flow"]) =>
  compileDag(dag({ name: "d", on: arrival(), flow })).problems.map(({ code, message }) => `${code} ${message}`);

describe("outside of a flow", () => {
  it.each([
    [{ containers: "x" }, 'arrival does not know "containers". Did you mean "container"? It takes: container, key, types, '],
    [{ bucket: "x" }, 'arrival does not know "bucket". It takes: container'],
    [{ types: ["csv"] }, 'Found ["csv"] as "types" of arrival; expected a content type such as text/csv'],
    [{ types: "*/csv" }, 'Found "*/csv"'],
    [{ container: [] }, 'Found [] as "container" of arrival; expected a glob'],
    [{ key: 5 }, 'Found 5 as "key"'],
    [{ dataProcessing: "none" }, 'expected "default" or "custom"'],
    ["campus", 'arrival was given "campus"; expected an object with its options'],
  ])("arrival refuses %j", (options, message) => {
    expect(() => arrival(untyped(options))).toThrow(message);
  });

  it("arrival takes wildcards and lists", () => {
    expect(arrival({ types: ["image/*", "*/*", "application/vnd.ms-excel"], container: "campus-*", key: undefined }).key).toEqual(["**"]);
  });

  it("dag and task say all that is wrong with a call", () => {
    expect(() => dag(untyped({ name: "d", on: { container: "campus" }, flows: () => {} }))).toThrow(
      /does not know "flows"\. Did you mean "flow"\?.* expected what arrival/,
    );
    expect(() => task(untyped({ name: "t", timeout: "soon", retry: { attempt: 3 } }))).toThrow(
      /task lacks "run"; expected a function\..*Found "soon" as "timeout".*retry of task does not know "attempt"\. Did you mean "attempts"/,
    );
  });
});

describe("inside of a flow", () => {
  it.each<[string, Parameters<typeof dag>[0]["flow"], string[]]>([
    [
      "a misspelt option, without calling the right one missing",
      (o) => influxPoints(parse(o), untyped({ measurment: "m" })),
      ['UNKNOWN_OPTION influxPoints does not know "measurment". Did you mean "measurement"?'],
    ],
    [
      "a missing measurement",
      (o) => influxPoints(parse(o), untyped({ tags: ["sensor"] })),
      ['WRONG_OPTION influxPoints lacks "measurement"; expected a text that is not empty, or an object with column'],
    ],
    [
      "an unreadable timeout, once",
      (o) => influxPoints(parse(o), { measurement: "m", timeout: untyped("soon") }),
      ['WRONG_OPTION Found "soon" as "timeout" of influxPoints'],
    ],
    ["options that are left out", (o) => mongoDocuments(parse(o), untyped(undefined)), ['WRONG_OPTION mongoDocuments lacks "collection"']],
    [
      "an option of an option",
      (o) => neo4jRelations(parse(o), { type: "T", from: untyped({ label: "A", keys: {} }), to: { label: "B", key: { id: "sensor" } } }),
      ['UNKNOWN_OPTION from of neo4jRelations does not know "keys". Did you mean "key"?'],
    ],
    [
      "an option of unpackArchive",
      (o) => unpackArchive(o, untyped({ sufix: "x" })),
      ['UNKNOWN_OPTION unpackArchive does not know "sufix". Did you mean "suffix"?'],
    ],
    [
      "an option of map",
      (o) => void map(list(o), () => {}, untyped({ parallel: 3 })),
      ['UNKNOWN_OPTION map does not know "parallel". It takes: concurrency, tolerate.'],
    ],
    [
      "a rule and an option of after",
      (o) => after([list(o)], untyped("anyFail"), () => {}, untyped({ recover: true })),
      [
        'UNKNOWN_OPTION after does not know "recover". Did you mean "recovers"?',
        'WRONG_OPTION Found "anyFail" as "rule" of after; expected "allSuccess" or',
      ],
    ],
    [
      "columns that the rows lack",
      (o) => influxPoints(parse(o), untyped({ measurement: { column: "kind" }, time: "when", tags: ["sensors"], fields: ["value"] })),
      [
        'UNKNOWN_COLUMN "influx-points" takes "kind" as measurement',
        'UNKNOWN_COLUMN "influx-points" takes "when" as time',
        'UNKNOWN_COLUMN "influx-points" takes "sensors" as a tag, which is no column of the rows of "parse". Found there: sensor, time, value.',
      ],
    ],
    [
      "columns that rows for MongoDB lack, and fields that a value lacks",
      (o) => {
        mongoDocuments(parse(o), untyped({ collection: "c", id: ["sensor", "when"] }));
        mongoDocuments(summary(o), untyped({ collection: untyped(o.container), id: ["counts"] }));
      },
      [
        'UNKNOWN_COLUMN "mongo-documents" takes "when" as part of the _id, which is no column of the rows of "parse"',
        'UNKNOWN_COLUMN "mongo-documents:2" takes "counts" as part of the _id, which is no column of the value of "summary". Found there: count.',
      ],
    ],
    [
      "columns that rows for nodes lack",
      (o) => neo4jNodes(parse(o), untyped({ label: "Sensor", key: ["id"], properties: ["time", "values"] })),
      [
        'UNKNOWN_COLUMN "neo4j-nodes" takes "id" as part of the key, which is no column',
        'UNKNOWN_COLUMN "neo4j-nodes" takes "values" as a property',
      ],
    ],
    [
      "columns that rows for relations lack, in whichever branch they come from",
      (o) => {
        const given = match(o.type, { [mime.csv]: () => parse(o), otherwise: () => loose(o) });
        const room = { label: "Room", key: { name: "room" } };
        neo4jRelations(given, untyped({ type: "IN", from: { label: "Sensor", key: { name: "sensor" } }, to: room, properties: ["at"] }));
      },
      [
        'UNKNOWN_COLUMN "neo4j-relations" takes "room" as part of the key of `to`, which is no column of the rows of "parse"',
        'UNKNOWN_COLUMN "neo4j-relations" takes "at" as a property',
      ],
    ],
  ])("reports %s", (_, flow, expected) => {
    expect(problemsOf(flow)).toEqual(expected.map((start) => expect.stringContaining(start)));
  });

  it("accepts what is right, values of the flow, and columns of rows that are open", () => {
    const found = problemsOf((o) => {
      const stored = influxPoints(parse(o), {
        measurement: "m",
        tags: ["sensor"],
        retry: { attempts: 2, backoff: 1.5 },
        undo: true,
        site: "local",
      });
      influxPoints(loose(o), { measurement: { column: "kind" }, tags: ["room"] });
      influxPoints(points(o), { undo: true });
      mongoDocuments(parse(o), { collection: untyped(o.container), id: ["sensor"] });
      mongoDocuments(loose(o), { collection: "c", id: ["room"] });
      neo4jNodes(parse(o), { label: untyped(o.container), key: ["sensor"], properties: ["value"] });
      neo4jRelations(parse(o), { type: "T", from: { label: "A", key: { id: "sensor" } }, to: { label: "B", key: { at: "time" } } });
      after([stored], rule.anyFailed, () => unpackArchive(o));
    });
    expect(found).toEqual([]);
  });
});

it("suggests a name only where it is near", () => {
  const names = ["container", "key", "types"];
  expect(["containr", "Container", "cont", "keys", "type", "bucket", "x"].map((name) => nearest(name, names))).toEqual([
    "container",
    "container",
    "container",
    "key",
    "types",
    undefined,
    undefined,
  ]);
});
