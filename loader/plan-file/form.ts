import { z } from "zod";
import type { Json } from "../../sdk/contracts/json.ts";
import { dataProcessings } from "../../sdk/contracts/object.ts";
import { sitePreferences, triggerRules } from "../../sdk/plan/plan.ts";
import { integratorHandles } from "./tasks.ts";

/** A part of a flow: nodes by id, and what the part is worth. */
export type Block = { readonly nodes: { readonly [id: string]: NodeForm }; readonly result?: Json | undefined };

export type NodeForm =
  | {
      readonly kind: "task";
      readonly task: string;
      readonly input?: Json | undefined;
      readonly options?: { readonly [name: string]: Json } | undefined;
    }
  | { readonly kind: "match"; readonly match: Json; readonly cases: { readonly [when: string]: Block } }
  | (Block & {
      readonly kind: "map";
      readonly map: Json;
      readonly concurrency?: number | undefined;
      readonly tolerate?: number | string | undefined;
    })
  | (Block & {
      readonly kind: "after";
      readonly after: readonly string[];
      readonly rule: (typeof triggerRules)[number];
      readonly recovers?: boolean | undefined;
    });

const json: z.ZodType<Json> = z.json();
const id = z.string().regex(/^[a-z0-9][a-z0-9_-]*$/, 'An id is made of a–z, 0–9, "-" and "_"');
const nodes = z.record(
  id,
  z.lazy(() => node),
);
const block = z.strictObject({ nodes: nodes.default({}), result: json.optional() });

const kinds = {
  task: z.strictObject({ task: z.string(), input: json.optional(), options: z.record(z.string(), json).optional() }),
  match: z.strictObject({ match: json, cases: z.record(z.string(), block) }),
  map: z.strictObject({
    map: json,
    nodes,
    result: json.optional(),
    concurrency: z.int().min(1).max(500).optional(),
    tolerate: z.union([z.int().min(0), z.string().regex(/^\d+(\.\d+)?%$/)]).optional(),
  }),
  after: z.strictObject({ after: z.array(id).min(1), rule: z.enum(triggerRules), recovers: z.boolean().optional(), nodes }),
} as const;

type Kind = keyof typeof kinds;

/** The key that a node has says what it is, so that messages speak of that kind alone. */
const node: z.ZodType<NodeForm> = z.record(z.string(), z.unknown()).transform((value, context): NodeForm => {
  const kind = (Object.keys(kinds) as Kind[]).find((key) => key in value);
  if (kind === undefined) {
    context.addIssue(
      `A node has one of the keys ${Object.keys(kinds)
        .map((key) => `"${key}"`)
        .join(", ")}; found ${JSON.stringify(Object.keys(value))}`,
    );
    return z.NEVER;
  }
  const parsed = kinds[kind].safeParse(value);
  if (parsed.success) return { kind, ...parsed.data } as NodeForm;
  for (const issue of parsed.error.issues) context.addIssue({ code: "custom", message: issue.message, path: issue.path });
  return z.NEVER;
});

const oneOrMore = z.union([z.string(), z.array(z.string())]).optional();
const arrivalForm = z.strictObject({
  container: oneOrMore,
  key: oneOrMore,
  types: oneOrMore,
  dataProcessing: z.enum(dataProcessings).optional(),
  project: oneOrMore,
  user: oneOrMore,
  priority: z.number().optional(),
});

/** A DAG as people write it in JSON. */
export const dagForm = z.strictObject({
  $schema: z.string().optional(),
  dag: z.string(),
  on: z.union([arrivalForm.transform((one) => [one]), z.array(arrivalForm).min(1)]),
  nodes,
});

export type DagForm = z.output<typeof dagForm>;

const step = z.union([z.string(), z.number()]);
const expression = z.json();
const scope = z.string().nullable();

const port = z.looseObject({ kind: z.enum(["object", "rows", "value", "record", "nothing"]) });
const milliseconds = z.number().positive();

/** An integrator keeps its settings, which no handle has looked at; a code task is looked up by name. */
const taskForm = z.discriminatedUnion("kind", [
  z.looseObject({ kind: z.literal("code") }),
  z.strictObject({
    kind: z.literal("integrator"),
    integrator: z.enum([...integratorHandles.keys()].filter((name) => name.includes("-"))),
    in: port,
    out: port,
    retry: z
      .strictObject({ attempts: z.int().min(0), initialInterval: milliseconds, backoff: z.number().min(1), maximumInterval: milliseconds })
      .refine(({ initialInterval, maximumInterval }) => maximumInterval >= initialInterval, "maximumInterval is at least initialInterval"),
    timeout: milliseconds,
    site: z.enum(sitePreferences),
    undo: z.boolean(),
  }),
]);

/** The plan format itself; tasks are looked up by name and stages formed anew. */
export const planForm = z.looseObject({
  format: z.literal("sluice.plan/1"),
  dag: z.string(),
  on: z.array(
    z.looseObject({ container: z.array(z.string()), key: z.array(z.string()), types: z.array(z.string()), priority: z.number() }),
  ),
  tasks: z.record(z.string(), taskForm).default({}),
  nodes: z.array(
    z.discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("task"),
        id: z.string(),
        scope,
        task: z.string(),
        input: expression,
        options: expression.optional(),
      }),
      z.strictObject({
        kind: z.literal("match"),
        id: z.string(),
        scope,
        on: expression,
        rows: z.boolean(),
        cases: z.array(z.strictObject({ when: z.string().nullable(), scope: z.string(), result: expression })),
      }),
      z.strictObject({
        kind: z.literal("map"),
        id: z.string(),
        scope,
        over: expression,
        body: z.string(),
        result: expression,
        concurrency: z.int().min(1).max(500),
        tolerate: z.union([z.strictObject({ count: z.int().min(0) }), z.strictObject({ fraction: z.number().min(0).max(1) })]).optional(),
      }),
    ]),
  ),
  scopes: z
    .array(
      z.discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("case"), id: z.string(), parent: scope, match: z.string(), index: z.int() }),
        z.strictObject({ kind: z.literal("map"), id: z.string(), parent: scope, map: z.string() }),
        z.strictObject({
          kind: z.literal("after"),
          id: z.string(),
          parent: scope,
          of: z.array(z.string()),
          rule: z.enum(triggerRules),
          recovers: z.boolean(),
        }),
      ]),
    )
    .default([]),
});

export type PlanForm = z.output<typeof planForm>;

/** `points.failure.message`, `list[0].name`: a node's id and a path into its value. */
export function parseEdge(text: string): { readonly node: string; readonly path: readonly z.output<typeof step>[] } | undefined {
  if (!/^[a-z0-9][a-z0-9_-]*(\.[^.[\]]+|\[\d+\])*$/.test(text)) return undefined;
  const [node = "", ...path] = [...text.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([part, index]) =>
    index === undefined ? part : Number(index),
  );
  return { node: String(node), path };
}
