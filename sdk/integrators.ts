/** The integrators' handles, as a DAG file uses them: `sluice/integrators`. */
import { z } from "zod";
import { namedTexts, record, required, text, texts } from "./language/option-kinds.ts";
import { object, rows } from "./language/ports.ts";
import { type Rows, symbolicOf, type Value } from "./language/symbolic.ts";
import { integrator, type IntegratorOptions } from "./language/task.ts";
import type { Receipt } from "./contracts/receipt.ts";

const anyRow = z.record(z.string(), z.unknown());

/** What an integrator wrote, as a value of the flow. */
export const receipt: z.ZodType<Receipt> = z.object({
  sink: z.string(),
  what: z.string(),
  count: z.number(),
  where: z.string(),
  locator: z.record(z.string(), z.union([z.string(), z.number(), z.array(z.string())])),
});

/** A point of InfluxDB, complete: what `influxPoints` takes where it is given no options. */
export const point = z.object({
  measurement: z.string().min(1),
  /** A date, ISO 8601, or milliseconds since 1970. */
  time: z.union([z.date(), z.string(), z.number()]),
  tags: z.record(z.string(), z.string()),
  fields: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
});

/** The columns that rows of a type have: any text where it does not say. */
export type ColumnOf<Row> = Row extends unknown ? ([keyof Row] extends [never] ? string : Extract<keyof Row, string>) : never;

export type InfluxOptions<Column extends string = string> = {
  /** The measurement, or the column that names it. */
  readonly measurement: string | { readonly column: Column };
  /** The column with the time: a date, ISO 8601, or milliseconds since 1970. Default `time`. */
  readonly time?: Column;
  /** Columns that become tags. Default none. */
  readonly tags?: readonly Column[];
  /** Columns that become fields. Default: every other column with a number, text or boolean. */
  readonly fields?: readonly Column[];
};

type Options<Own> = Own & IntegratorOptions;
type AnyRows = Rows<object>;

const influx = integrator<ReturnType<typeof rows<typeof anyRow>>, typeof receipt, object>({
  name: "influx-points",
  in: rows(anyRow),
  out: receipt,
  options: { measurement: required(record({ column: required(text) }, text)), time: text, tags: texts, fields: texts },
  bare: true,
});

/**
 * Writes rows as points to InfluxDB. Without options the rows must be complete points (see {@link point}).
 * Idempotent: a point is known by measurement, tags and time. Each carries the integer field `object`, which says
 * whose point it is.
 *
 * Errors: `NOT_A_NUMBER`, `UNREADABLE_TIME`, `MISSING_COLUMN` (terminal); `SINK_UNAVAILABLE` (retryable).
 *
 * @example
 * ```ts
 * import { influxPoints } from "sluice/integrators";
 * import type { Rows } from "sluice/sdk";
 * export const write = (readings: Rows<{ time: string; sensor: string; value: number }>) =>
 *   influxPoints(readings, { measurement: "readings", tags: ["sensor"], retry: { attempts: 20 } });
 * ```
 */
export function influxPoints(points: Rows<z.output<typeof point>>, options?: IntegratorOptions): Value<Receipt>;
export function influxPoints<Row extends object>(rows: Rows<Row>, options: Options<InfluxOptions<ColumnOf<NoInfer<Row>>>>): Value<Receipt>;
export function influxPoints(input: AnyRows, options?: Partial<Options<InfluxOptions>>): Value<Receipt> {
  return influx(input as Rows<Record<string, unknown>>, options);
}

export type MongoOptions<Column extends string = string> = {
  readonly collection: string;
  /** Default `processed`. */
  readonly database?: string;
  /** Columns whose values make the document's `_id`. Default: object, DAG, node and row, as `1042/rooms/mongo-documents/3`, in a map with the item, as `1042/rooms/mongo-documents[0]/3`. */
  readonly id?: readonly Column[];
};

const mongoOptions = { collection: required(text), database: text, id: texts };
const documentRows = integrator<ReturnType<typeof rows<typeof anyRow>>, typeof receipt, object>({
  name: "mongo-documents",
  in: rows(anyRow),
  out: receipt,
  options: mongoOptions,
});
const documentValue = integrator<typeof anyRow, typeof receipt, object>({
  name: "mongo-documents",
  in: anyRow,
  out: receipt,
  options: mongoOptions,
});

/**
 * Writes rows, or one value, as documents to MongoDB; each carries `_object`, which says what it was made of.
 * Idempotent by a deterministic `_id`.
 *
 * Errors: `DOCUMENT_TOO_LARGE`, `MISSING_COLUMN` (terminal); `SINK_UNAVAILABLE` (retryable).
 *
 * @example
 * ```ts
 * import { mongoDocuments } from "sluice/integrators";
 * import type { Rows } from "sluice/sdk";
 * export const write = (people: Rows<{ badge: string; name: string }>) =>
 *   mongoDocuments(people, { collection: "people", id: ["badge"], undo: true });
 * ```
 */
export function mongoDocuments<Row extends object>(rows: Rows<Row>, options: Options<MongoOptions<ColumnOf<NoInfer<Row>>>>): Value<Receipt>;
export function mongoDocuments<Document extends object>(
  document: Value<Document>,
  options: Options<MongoOptions<ColumnOf<NoInfer<Document>>>>,
): Value<Receipt>;
export function mongoDocuments(input: Rows<object> | Value<object>, options: Options<MongoOptions>): Value<Receipt> {
  if (symbolicOf(input)?.rows) return documentRows(input as Rows<Record<string, unknown>>, options);
  return documentValue(input as Value<Record<string, unknown>>, options);
}

const key = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const properties = z.record(z.string(), z.unknown());
const end = z.object({ label: z.string().min(1), key });

/** Nodes and relations for Neo4j: what `neo4jGraph` takes. */
export const graph = z.object({
  nodes: z.array(z.object({ label: z.string().min(1), key, properties: properties.optional() })),
  relations: z.array(z.object({ type: z.string().min(1), from: end, to: end, properties: properties.optional() })),
});

const graphValue = integrator<typeof graph, typeof receipt, object>({ name: "neo4j-graph", in: graph, out: receipt });
const graphRows = integrator<ReturnType<typeof rows<typeof graph>>, typeof receipt, object>({
  name: "neo4j-graph",
  in: rows(graph),
  out: receipt,
});

/**
 * Writes nodes and relations to Neo4j by MERGE on label and key, so that writing them twice changes nothing.
 *
 * @example
 * ```ts
 * import { graph, neo4jGraph } from "sluice/integrators";
 * import { object, task } from "sluice/sdk";
 * const describe = task({
 *   name: "describe",
 *   in: object,
 *   out: graph,
 *   run: ({ key, container }) => ({
 *     nodes: [{ label: "File", key: { key } }],
 *     relations: [{ type: "IN", from: { label: "File", key: { key } }, to: { label: "Container", key: { name: container } } }],
 *   }),
 * });
 * export const write = (arrived: Parameters<typeof describe>[0]) => neo4jGraph(describe(arrived));
 * ```
 */
export function neo4jGraph(
  input: Value<z.output<typeof graph>> | Rows<z.output<typeof graph>>,
  options?: IntegratorOptions,
): Value<Receipt> {
  if (symbolicOf(input)?.rows) return graphRows(input as Rows<z.output<typeof graph>>, options);
  return graphValue(input as Value<z.input<typeof graph>>, options);
}

export type Neo4jNodesOptions<Column extends string = string> = {
  readonly label: string;
  /** Columns that identify a node of this label. */
  readonly key: readonly Column[];
  /** Columns kept as properties. Default: all others. */
  readonly properties?: readonly Column[];
};

const nodes = integrator<ReturnType<typeof rows<typeof anyRow>>, typeof receipt, object>({
  name: "neo4j-nodes",
  in: rows(anyRow),
  out: receipt,
  options: { label: required(text), key: required(texts), properties: texts },
});

/**
 * One node for each row, by MERGE on its key.
 *
 * @example
 * ```ts
 * import { neo4jNodes } from "sluice/integrators";
 * import type { Rows } from "sluice/sdk";
 * export const write = (rooms: Rows<{ building: string; room: string; seats: number }>) =>
 *   neo4jNodes(rooms, { label: "Room", key: ["building", "room"], properties: ["seats"] });
 * ```
 */
export function neo4jNodes<Row extends object>(
  input: Rows<Row>,
  options: Options<Neo4jNodesOptions<ColumnOf<NoInfer<Row>>>>,
): Value<Receipt>;
export function neo4jNodes(input: AnyRows, options: Options<Neo4jNodesOptions>): Value<Receipt> {
  return nodes(input as Rows<Record<string, unknown>>, options);
}

export type Neo4jEnd<Column extends string = string> = {
  readonly label: string;
  /** Key property to the column that holds its value. */
  readonly key: { readonly [property: string]: Column };
};
export type Neo4jRelationsOptions<Column extends string = string> = {
  readonly type: string;
  readonly from: Neo4jEnd<Column>;
  readonly to: Neo4jEnd<Column>;
  /** Columns kept as properties. Default: all others. */
  readonly properties?: readonly Column[];
};

const relationEnd = required(record({ label: required(text), key: required(namedTexts) }));

const relations = integrator<ReturnType<typeof rows<typeof anyRow>>, typeof receipt, object>({
  name: "neo4j-relations",
  in: rows(anyRow),
  out: receipt,
  options: { type: required(text), from: relationEnd, to: relationEnd, properties: texts },
});

/**
 * One relation for each row, and the nodes at its ends where they are missing.
 *
 * @example
 * ```ts
 * import { neo4jRelations } from "sluice/integrators";
 * import type { Rows } from "sluice/sdk";
 * export const write = (badges: Rows<{ badge: string; room: string; since: string }>) =>
 *   neo4jRelations(badges, {
 *     type: "OPENS",
 *     from: { label: "Badge", key: { id: "badge" } },
 *     to: { label: "Room", key: { name: "room" } },
 *     properties: ["since"],
 *   });
 * ```
 */
export function neo4jRelations<Row extends object>(
  input: Rows<Row>,
  options: Options<Neo4jRelationsOptions<ColumnOf<NoInfer<Row>>>>,
): Value<Receipt>;
export function neo4jRelations(input: AnyRows, options: Options<Neo4jRelationsOptions>): Value<Receipt> {
  return relations(input as Rows<Record<string, unknown>>, options);
}

export type UnpackOptions = {
  /** What the archive's key gets to make the folder of its members. Default `.unpacked`. */
  readonly suffix?: string;
};

const unpack = integrator<typeof object, typeof receipt, object>({
  name: "unpack-archive",
  in: object,
  out: receipt,
  options: { suffix: text },
});

/**
 * Unpacks a ZIP, a TAR (gzipped or not) or a single file in a gzip: each member becomes an object of its own in the
 * same container, which arrives like any other; that of `roof.csv.gz` is `roof.csv.gz.unpacked/roof.csv`. Bombs, path tricks, links and encrypted members are refused before anything is written.
 *
 * @example
 * ```ts
 * import { unpackArchive } from "sluice/integrators";
 * import { arrival, dag, mime } from "sluice/sdk";
 * export default dag({
 *   name: "archives",
 *   on: arrival({ types: [mime.zip, mime.tar] }),
 *   flow(object) {
 *     unpackArchive(object, { suffix: ".members" });
 *   },
 * });
 * ```
 */
export function unpackArchive(archive: Parameters<typeof unpack>[0], options?: Options<UnpackOptions>): Value<Receipt> {
  return unpack(archive, options);
}
