import { z } from "zod";
import type { LakeObject, ObjectInfo } from "../contracts/object.ts";
import type { JsonObject } from "../contracts/json.ts";
import type { Port } from "../plan/plan.ts";
import type { Kind } from "./option-kinds.ts";
import type { Edge, Rows, Value } from "./symbolic.ts";

const portKind = Symbol.for("sluice.port");

/** The port of a task that takes the object which arrived. */
export type ObjectPort = { readonly [portKind]: "object" };

/** The port of a task that takes or gives a stream of rows. */
export type RowsPort<Schema extends z.ZodType = z.ZodType> = {
  readonly [portKind]: "rows";
  readonly schema: Schema;
  readonly trusted: boolean;
};

/** What can stand as `in` or `out` of a task; a record names several inputs. */
export type InPort = ObjectPort | RowsPort | z.ZodType | { readonly [name: string]: ObjectPort | RowsPort | z.ZodType };
export type OutPort = RowsPort | z.ZodType;

/**
 * The object that arrived, as an input of a task. The body gets a {@link LakeObject}.
 *
 * @example
 * ```ts
 * import { object, task } from "sluice/sdk";
 * import { z } from "zod";
 * export const countBytes = task({ name: "count-bytes", in: object, out: z.number(), run: async (object) => object.size });
 * ```
 */
export const object: ObjectPort = { [portKind]: "object" };

/**
 * A stream of rows of one shape: its producer is an async generator, its consumers get an async iterable. Rows never
 * pass through Temporal; producer and consumers run together with back-pressure, whatever the size.
 *
 * Every row is parsed by the schema as it leaves its producer; `trusted` skips that, for producers whose rows are
 * right by construction and must be fast.
 *
 * @example
 * ```ts
 * import { rows } from "sluice/sdk";
 * import { z } from "zod";
 * export const readings = rows(z.object({ sensor: z.string(), time: z.coerce.date(), value: z.number() }));
 * ```
 */
export function rows<Schema extends z.ZodType>(schema: Schema, options: { trusted?: boolean } = {}): RowsPort<Schema> {
  return { [portKind]: "rows", schema, trusted: options.trusted ?? false };
}

/** What an author may wire into a port. */
export type Wire<P> = P extends ObjectPort
  ? Value<ObjectInfo>
  : P extends RowsPort<infer Schema>
    ? Rows<z.output<Schema>>
    : P extends z.ZodType
      ? Edge<z.input<P>>
      : { readonly [Name in keyof P]: Wire<P[Name]> };

/** What a task body is given for a port. */
export type Given<P> = P extends ObjectPort
  ? LakeObject
  : P extends RowsPort<infer Schema>
    ? AsyncIterable<z.output<Schema>>
    : P extends z.ZodType
      ? z.output<P>
      : { readonly [Name in keyof P]: Given<P[Name]> };

/** What a task body returns for a port. */
export type Returned<P> =
  P extends RowsPort<infer Schema>
    ? AsyncIterable<z.input<Schema>>
    : P extends z.ZodType
      ? z.input<P> | Promise<z.input<P>>
      : void | Promise<void>;

/** What a call of the task is worth in a flow. */
export type Output<P> = P extends RowsPort<infer Schema> ? Rows<z.output<Schema>> : P extends z.ZodType ? Value<z.output<P>> : Value<null>;

export function isObjectPort(port: unknown): port is ObjectPort {
  return typeof port === "object" && port !== null && (port as { [portKind]?: string })[portKind] === "object";
}

export function isRowsPort(port: unknown): port is RowsPort {
  return typeof port === "object" && port !== null && (port as { [portKind]?: string })[portKind] === "rows";
}

export function isSchema(port: unknown): port is z.ZodType {
  return typeof port === "object" && port !== null && "_zod" in port;
}

export const outPort: Kind = { expected: "rows(…) or a zod schema", takes: (port) => isRowsPort(port) || isSchema(port) };
export const inPort: Kind = {
  expected: "object, rows(…), a zod schema, or an object of these",
  takes: (port) => isPort(port) || (typeof port === "object" && port !== null && Object.values(port).every(isPort)),
};

function isPort(port: unknown): boolean {
  return isObjectPort(port) || isRowsPort(port) || isSchema(port);
}

/** A port as it stands in a plan. */
export function describePort(port: InPort | undefined, io: "input" | "output"): Port {
  if (port === undefined) return { kind: "nothing" };
  if (isObjectPort(port)) return { kind: "object" };
  if (isRowsPort(port)) return { kind: "rows", schema: jsonSchema(port.schema, io) };
  if (isSchema(port)) return { kind: "value", schema: jsonSchema(port, io) };
  const fields = Object.entries(port).map(([name, field]) => [name, describePort(field, io)]);
  return { kind: "record", fields: Object.fromEntries(fields) as { [name: string]: Port } };
}

function jsonSchema(schema: z.ZodType, io: "input" | "output"): JsonObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    // What is coerced may come as anything.
    override({ zodSchema, jsonSchema }) {
      if (io === "input" && "coerce" in zodSchema._zod.def && zodSchema._zod.def.coerce === true) delete jsonSchema.type;
    },
  });
  return JSON.parse(JSON.stringify(rest)) as JsonObject;
}
