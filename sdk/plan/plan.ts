import type { Json, JsonObject } from "../contracts/json.ts";
import type { DataProcessing } from "../contracts/object.ts";

/** The rules by which a node or an `after` is let through, judged once all its inputs have settled. */
export const triggerRules = ["allSuccess", "allDone", "anySuccess", "anyFailed", "allFailed", "noneFailed"] as const;
export type TriggerRule = (typeof triggerRules)[number];

/** Where a task runs: at the site nearest to its source, or at the best central one. */
export const sitePreferences = ["local", "global"] as const;
export type SitePreference = (typeof sitePreferences)[number];

/** Which arrivals a DAG takes. Every field that is given must match; a list matches if one of its entries does. */
export type ArrivalPattern = {
  /** Globs, e.g. `campus-*`. */
  readonly container: readonly string[];
  /** Globs over the whole key, e.g. `2026/**\/*.csv`. */
  readonly key: readonly string[];
  /** Content types, with wildcards: `image/*`. */
  readonly types: readonly string[];
  readonly dataProcessing?: DataProcessing;
  readonly project?: readonly string[];
  readonly user?: readonly string[];
  /**
   * Of the patterns that match, only those of the highest priority run. The minimum service that ships has
   * priority -10 and below, so that a DAG of one's own (0 by default) replaces it.
   */
  readonly priority: number;
};

/** What goes into or comes out of a task. `schema` is JSON Schema, for people and for checking wires. */
export type Port =
  | { readonly kind: "object" }
  | { readonly kind: "rows"; readonly schema: JsonObject }
  | { readonly kind: "value"; readonly schema: JsonObject }
  | { readonly kind: "record"; readonly fields: { readonly [name: string]: Port } }
  | { readonly kind: "nothing" };

/** Durations are in milliseconds. */
export type RetryPolicy = {
  /** Tries in all, the first included; 0: no limit. */
  readonly attempts: number;
  readonly initialInterval: number;
  readonly backoff: number;
  readonly maximumInterval: number;
};

/** What the engine knows of a task; its body stays in the code bundle, or in the engine for an integrator. */
export type TaskSpec = {
  readonly kind: "code" | "integrator";
  /** The engine's integrator that does it, where `kind` is `integrator`. */
  readonly integrator?: string;
  readonly in: Port;
  readonly out: Port;
  readonly retry: RetryPolicy;
  /** The longest that one attempt may take, in milliseconds. */
  readonly timeout: number;
  /** The longest silence between two heartbeats, in milliseconds; a task that has one is never run locally. */
  readonly heartbeat?: number;
  readonly site: SitePreference;
  readonly undo: boolean;
};

/**
 * An edge or a constant: how an input is made of what is known.
 * `from` names a node, `object` (the arrival) or the id of a `map` (its current item).
 */
export type Expression =
  | { readonly const: Json }
  | { readonly from: string; readonly path: readonly (string | number)[] }
  /** The Result of a node: `{status, value}` or `{status, failure}`. */
  | { readonly result: string; readonly path: readonly (string | number)[] }
  | { readonly record: { readonly [name: string]: Expression } }
  | { readonly list: readonly Expression[] };

type InScope = {
  readonly id: string;
  /** The innermost scope that this node stands in; null at the top of the flow. */
  readonly scope: string | null;
};

export type TaskNode = InScope & {
  readonly kind: "task";
  readonly task: string;
  readonly input: Expression;
  /** Options of an integrator (the second argument of its handle); may hold edges. */
  readonly options?: Expression;
};

export type MatchNode = InScope & {
  readonly kind: "match";
  readonly on: Expression;
  /** The first case that has the value wins. `null` as `when` is `otherwise`. */
  readonly cases: readonly { readonly when: string | null; readonly scope: string; readonly result: Expression }[];
  /** True where the cases yield rows. */
  readonly rows: boolean;
};

export type MapNode = InScope & {
  readonly kind: "map";
  readonly over: Expression;
  /** The scope of its body. */
  readonly body: string;
  readonly result: Expression;
  readonly concurrency: number;
  /** How many items may fail: a count, or a fraction of all. With it, the map's value is a list of Results. */
  readonly tolerate?: { readonly count: number } | { readonly fraction: number };
};

export type PlanNode = TaskNode | MatchNode | MapNode;

/** What makes a group of nodes run or not. */
export type Scope =
  | { readonly id: string; readonly parent: string | null; readonly kind: "case"; readonly match: string; readonly index: number }
  | { readonly id: string; readonly parent: string | null; readonly kind: "map"; readonly map: string }
  | {
      readonly id: string;
      readonly parent: string | null;
      readonly kind: "after";
      readonly of: readonly string[];
      readonly rule: TriggerRule;
      /** True: failures among `of` no longer fail the DAG once everything in this scope succeeded. */
      readonly recovers: boolean;
    };

/**
 * Nodes that run together in one activity, because rows flow between them (or a single task by itself). Nodes of a
 * map's body belong to stages of their own.
 */
export type Stage = {
  readonly id: string;
  readonly scope: string | null;
  /** In topological order; tasks and the matches between them. */
  readonly nodes: readonly string[];
  /** Producers whose rows are also wanted outside this stage: they are kept in the lake's work area. */
  readonly spools: readonly string[];
};

/** A DAG as data. Its canonical JSON (RFC 8785) has the SHA-256 by which it is known. */
export type Plan = {
  readonly format: "sluice.plan/1";
  readonly dag: string;
  readonly on: readonly ArrivalPattern[];
  readonly tasks: { readonly [name: string]: TaskSpec };
  /** In topological order. */
  readonly nodes: readonly PlanNode[];
  readonly scopes: readonly Scope[];
  readonly stages: readonly Stage[];
};

/** A plan with the code that its tasks run: what `route` returns and a run holds on to. */
export type PublishedPlan = {
  readonly hash: string;
  readonly plan: Plan;
  /** Code hash (SHA-256, hex) by task name; integrators have none. */
  readonly code: { readonly [task: string]: string };
};

/** The defaults of a task that says nothing else. */
export const defaultRetry: RetryPolicy = { attempts: 3, initialInterval: 1_000, backoff: 2, maximumInterval: 60_000 };
/** Integrators wait for their sink as long as it takes. */
export const integratorRetry: RetryPolicy = { attempts: 0, initialInterval: 1_000, backoff: 2, maximumInterval: 30_000 };
export const defaultTimeout = 10 * 60_000;
