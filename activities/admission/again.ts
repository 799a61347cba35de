import { createHash } from "node:crypto";
import { lastOperations } from "../../infra/selection.ts";
import type { Catalog } from "../../infra/catalog.ts";
import type { CatalogDocument, ResultsDocument } from "../../sdk/contracts/catalog.ts";
import { terminal } from "../../sdk/contracts/errors.ts";
import type { ObjectInfo } from "../../sdk/contracts/object.ts";
import { resumeFrom } from "../../sdk/interpreter/resume.ts";
import type { RunState, WorkReference } from "../../sdk/interpreter/settled.ts";
import { nodeOf } from "../../sdk/plan/graph.ts";
import type { PublishedPlan } from "../../sdk/plan/plan.ts";
import type { Again } from "../contract.ts";
import type { Library } from "../stages/library.ts";
import { workContainer } from "../work/work-area.ts";

/** The plans to run for one object, and what is kept for each of them. */
export type Taken = { readonly published: PublishedPlan; readonly kept?: RunState };

/** Plans of then may share their hash and differ in their code. */
export function nameOf({ published: { hash, code } }: Taken, again: Again | undefined): string {
  if (again?.plan !== "then") return hash;
  return `${hash}@${createHash("sha256").update(JSON.stringify(code)).digest("hex").slice(0, 16)}`;
}

export type AgainDependencies = {
  readonly catalog: Pick<Catalog, "results">;
  readonly library: Pick<Library, "plan" | "taskHash">;
  /** Whether a value is still in the work area. */
  readonly holds: (at: WorkReference) => Promise<boolean>;
  /** The plans now in force that take an object. */
  readonly routed: (object: ObjectInfo) => readonly PublishedPlan[];
};

/**
 * By which plans an object is processed again, and from where on.
 * @throws terminally where it cannot be done in the way that is asked for; the object is to stay as it is
 */
export async function takeAgain(
  needs: AgainDependencies,
  { plan, from }: Again,
  object: ObjectInfo,
  document: CatalogDocument,
): Promise<readonly Taken[]> {
  const where = `${object.container}/${object.key}`;
  const last = plan === "then" || from !== undefined ? lastOperations(document) : [];
  const then = await Promise.all(last.map((operation) => needs.library.plan(operation)));
  if (plan === "then" && then.length === 0)
    throw terminal("NO_PLAN_OF_THEN", `${where} was never processed by a plan. Process it again with the plan of now.`);
  const published = plan === "then" ? then : needs.routed(object);
  if (from === undefined) return published.map((one) => ({ published: one }));

  const having = published.filter((one) => nodeOf(one.plan, from));
  if (having.length === 0) {
    const tasks = published.flatMap((one) => one.plan.nodes.filter(({ kind }) => kind !== "match").map(({ id }) => id));
    throw terminal("NO_SUCH_TASK", `No plan of ${where} has a task "${from}". Its plans have ${tasks.join(", ") || "none"}.`);
  }
  const results = await needs.catalog.results.findOne({ _id: `${last[0]?.run_id ?? ""}/${where}` });
  if (results && results.version !== object.version)
    throw terminal(
      "OBJECT_CHANGED",
      `${where} holds another version than its results are of: found ${object.version}, expected ${results.version}. Process it again from the start.`,
    );
  return Promise.all(
    published.map(async (one): Promise<Taken> => {
      const found = then.find((other) => other.plan.dag === one.plan.dag);
      const was = found && (await withCodeOf(one, found, needs));
      const settled = settledOf(results, one.plan.dag);
      if (!having.includes(one)) return { published: one, ...(was && isSame(was, one) && { kept: settled }) };
      const resumption = resumeFrom(from, one, { ...(was ?? one), settled }, object);
      await assertHeld(needs, where, resumption.needs);
      return { published: one, kept: resumption.settled };
    }),
  );
}

function settledOf(results: ResultsDocument | null, dag: string): RunState {
  return results?.dags.find((one) => one.dag === dag)?.settled ?? {};
}

/** An earlier plan that says of each task which is the same in both that it has the code of now, though its file was changed around it. */
async function withCodeOf(now: PublishedPlan, then: PublishedPlan, { library }: AgainDependencies): Promise<PublishedPlan> {
  const code = await Promise.all(
    Object.entries(then.code).map(async ([task, was]): Promise<readonly [string, string]> => {
      const is = now.code[task];
      if (is === undefined || is === was) return [task, was];
      const hash = await library.taskHash(was, task);
      return [task, hash !== undefined && hash === (await library.taskHash(is, task)) ? is : was];
    }),
  );
  return { ...then, code: Object.fromEntries(code) };
}

/** A plan that the task is none of keeps all of what it did. */
function isSame(one: PublishedPlan, other: PublishedPlan): boolean {
  const names = Object.keys({ ...one.code, ...other.code });
  return one.hash === other.hash && names.every((name) => one.code[name] === other.code[name]);
}

async function assertHeld(
  { holds }: AgainDependencies,
  where: string,
  needed: readonly { node: string; at: WorkReference }[],
): Promise<void> {
  const held = await Promise.all(needed.map(({ at }) => holds(at)));
  const gone = needed.filter((_, index) => !held[index]).map(({ node, at }) => `of ${node} (${at.work})`);
  if (gone.length === 0) return;
  throw terminal(
    "INPUTS_GONE",
    `${where} cannot be processed from there: the results ${gone.join(", ")} are no longer in ${workContainer}. Process it again from the start.`,
  );
}
