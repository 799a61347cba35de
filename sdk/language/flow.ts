import type { PlanNode, Scope } from "../plan/plan.ts";
import { placesOf, type SourcePlace } from "./stack.ts";
import type { TaskDefinition } from "./task.ts";

export type { SourcePlace } from "./stack.ts";

/** Something wrong with a DAG: what, where, and what to do. */
export type Problem = SourcePlace & { readonly code: string; readonly message: string };

/** What the flow function adds to while it is traced. */
export type FlowBuilder = {
  readonly nodes: PlanNode[];
  readonly scopes: Scope[];
  readonly tasks: Map<string, TaskDefinition>;
  readonly problems: Problem[];
  readonly places: Map<string, SourcePlace>;
  /** The scope that calls stand in at this moment. */
  scope: string | null;
};

let underway: FlowBuilder | undefined;

export function flowUnderway(): FlowBuilder | undefined {
  return underway;
}

/** The flow that is being traced. @throws where a task, `match`, `map` or `after` is called outside of one. */
export function currentFlow(called: string): FlowBuilder {
  if (underway) return underway;
  throw new Error(
    `${called} was called outside of a flow. Call it inside \`flow(object) { … }\` of a dag; to run a task body in a test, use sluice/testing.`,
  );
}

/** Runs a flow function and returns what it built. */
export function traceFlow(flow: (builder: FlowBuilder) => unknown): FlowBuilder {
  if (underway) throw new Error("A flow was traced inside of another; a dag cannot contain a dag.");
  const builder: FlowBuilder = { nodes: [], scopes: [], tasks: new Map(), problems: [], places: new Map(), scope: null };
  underway = builder;
  try {
    const returned = flow(builder);
    if (returned instanceof Promise) {
      returned.catch(() => {});
      builder.problems.push({
        code: "ASYNC_FLOW",
        message:
          "The flow is async. It only describes what is wired to what, so it must return at once; asynchronous work belongs into tasks.",
      });
    }
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    builder.problems.push({ code: "FLOW_THREW", message: `The flow threw: ${error.message}`, ...placeIn(error.stack) });
  } finally {
    underway = undefined;
  }
  return builder;
}

/** Runs `body` with its calls standing in `scope`. */
export function within<T>(flow: FlowBuilder, scope: string, body: () => T): T {
  const outer = flow.scope;
  flow.scope = scope;
  try {
    return body();
  } finally {
    flow.scope = outer;
  }
}

/** `parse-csv`, then `parse-csv:2` for a second node of that name. */
export function freshId(flow: FlowBuilder, name: string): string {
  // A match or a map has its place before it has its node; `object` is what expressions call the arrival.
  const taken = new Set(["object", ...flow.places.keys(), ...[...flow.nodes, ...flow.scopes].map(({ id }) => id)]);
  if (!taken.has(name)) return name;
  let number = 2;
  while (taken.has(`${name}:${number}`)) number++;
  return `${name}:${number}`;
}

const languageFolder = new URL(".", import.meta.url).href;
const integratorsFile = new URL("../integrators.", import.meta.url).href;

/** The place in the author's file from which the language was called. */
export function placeOfCaller(): SourcePlace {
  return placeIn(new Error("place").stack);
}

function placeIn(stack: string | undefined): SourcePlace {
  return placesOf(stack).find(({ file }) => !isLanguage(file)) ?? {};
}

function isLanguage(file: string): boolean {
  const url = `file://${file}`;
  return url.startsWith(languageFolder) || url.startsWith(integratorsFile) || url.includes("/node_modules/zod/");
}
