import type { Filter } from "mongodb";
import picomatch from "picomatch";
import { terminal } from "../sdk/contracts/errors.ts";
import type { CatalogDocument, DagDocument, ObjectState, Operation } from "../sdk/contracts/catalog.ts";
import type { Selection } from "../sdk/contracts/selection.ts";
import { typeMatches } from "../sdk/language/mime.ts";
import type { Plan, PublishedPlan } from "../sdk/plan/plan.ts";
import { literally } from "./literally.ts";
import { route } from "./route.ts";

/** A selection as the catalog is asked for it: what MongoDB looks at, and what is to be looked at once it is read. */
export type Query = {
  readonly filter: Filter<CatalogDocument>;
  readonly fits: (document: CatalogDocument) => boolean;
  /** Whether any of its documents can be meant. */
  readonly isIn: (container: string) => boolean;
};

/** States that are meant only when they are named: there is nothing (any more) to be processed. */
const absent: readonly ObjectState[] = ["announced", "gone", "dropped", "forgotten"];

/** Pure. `inForce` is needed only for `notByCurrent`. @throws `UNKNOWN_DAG`, `WRONG_SELECTION` (terminal) */
export function queryOf(selection: Selection, inForce: readonly PublishedPlan[] = []): Query {
  const { objects, containers, key, types, states, fingerprints, dags, plans, notByCurrent, since, until } = selection;
  const named = objects && new Set(objects);
  const glob = key === undefined ? undefined : picomatch(key, { dot: true });
  const byCurrent = notByCurrent === undefined ? undefined : currentOf(notByCurrent, inForce);
  const [from, to] = [timeOf("since", since), timeOf("until", until)];
  const conditions: Filter<CatalogDocument>[] = [
    ...(named ? [{ _id: { $in: [...named].map((name) => keyOf(name)) } }] : []),
    ...(glob && key !== undefined ? prefixOf(key) : []),
    ...(states ? [{ state: { $in: [...states] } }] : named ? [] : [{ state: { $nin: [...absent] } }]),
    ...(fingerprints ? [{ "reason.fingerprint": { $in: [...fingerprints] } }] : []),
    ...(from ? [{ state_since: { $gte: from } }] : []),
    ...(to ? [{ state_since: { $lt: to } }] : []),
  ];
  return {
    filter: conditions.length > 0 ? { $and: conditions } : {},
    isIn: (container) =>
      (containers?.includes(container) ?? true) && (!named || [...named].some((name) => name.startsWith(`${container}/`))),
    fits: (document) =>
      (named?.has(`${document.swift_container}/${document.key}`) ?? true) &&
      (glob?.(document.key) ?? true) &&
      (types?.some((type) => typeMatches(type, document.content_type)) ?? true) &&
      (dags?.some((dag) => lastOperations(document).some(({ dag_id }) => dag_id === dag)) ?? true) &&
      (plans?.some((plan) => lastOperations(document).some((operation) => operation.plan.startsWith(plan))) ?? true) &&
      !(byCurrent?.(document) ?? false),
  };
}

/** The plans in force, as the catalog has them. */
export function plansOf(dags: readonly DagDocument[]): readonly PublishedPlan[] {
  return dags.map(({ plan_hash: hash, plan, code }) => ({ hash, plan: plan as unknown as Plan, code }));
}

/** What the latest run that had plans for an object did with it: one operation for each of its DAGs. */
export function lastOperations(document: Pick<CatalogDocument, "successful_operations" | "failed_operations">): readonly Operation[] {
  const all = [...document.successful_operations, ...document.failed_operations];
  const last = all.reduce<Operation | undefined>(
    (one, other) => (one && one.execution_date >= other.execution_date ? one : other),
    undefined,
  );
  return all.filter(({ run_id }) => run_id === last?.run_id);
}

/** Whether an object is none of a DAG's, or was processed by its plan in force: with the same code of all its tasks. */
function currentOf(dag: string, inForce: readonly PublishedPlan[]): (document: CatalogDocument) => boolean {
  const current = inForce.find(({ plan }) => plan.dag === dag);
  if (!current) throw terminal("UNKNOWN_DAG", `No DAG in force is called "${dag}". \`sluice dags list\` lists those that are.`);
  const code = codeOf(current.code);
  return (document) => {
    const { swift_container: container, content_type: type, swift_user: user, data_processing: dataProcessing, key, project } = document;
    if (!route(inForce, { container, key, type, project, user, dataProcessing }).includes(current)) return true;
    const last = new Set(lastOperations(document).map(({ run_id }) => run_id));
    return document.successful_operations.some(
      (operation) => last.has(operation.run_id) && operation.plan === current.hash && codeOf(operation.code) === code,
    );
  };
}

function codeOf(code: PublishedPlan["code"]): string {
  return JSON.stringify(Object.entries(code).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** What keys begin with that a glob fits, so that MongoDB need not look at the others. */
function prefixOf(glob: string): Filter<CatalogDocument>[] {
  const { base, negated, prefix } = picomatch.scan(glob, { unescape: true });
  // Apart, because the stand-in heeds one operator only beside `$regex`.
  return base && !negated && !prefix ? [{ _id: { $regex: `^${literally(base)}` } }] : [];
}

function keyOf(name: string): string {
  return name.slice(name.indexOf("/") + 1);
}

function timeOf(field: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time;
  throw terminal("WRONG_SELECTION", `The selection's \`${field}\` is "${text}". Expected a time as 2026-11-21T13:20:00Z.`);
}
