import type { Json } from "../contracts/json.ts";
import { type Elsewhere, type Environment, evaluate } from "../interpreter/values.ts";
import type { TaskNode } from "../plan/plan.ts";

/** Fetches everything in the work area that the inputs mention, so that expressions can be evaluated at once. */
export async function prefetch(
  tasks: readonly TaskNode[],
  environment: Environment,
  fetch: (elsewhere: Elsewhere) => Promise<Json>,
): Promise<(elsewhere: Elsewhere) => Json> {
  const wanted = new Map<string, Promise<Json>>();
  const key = ({ stored, path }: Elsewhere) => `${stored.at?.work}${JSON.stringify(path)}`;
  for (const expression of tasks.flatMap((node) => (node.options ? [node.input, node.options] : [node.input]))) {
    evaluate(expression, environment, (elsewhere) => {
      if ("rows" in elsewhere.stored) return null;
      if (!wanted.has(key(elsewhere))) wanted.set(key(elsewhere), fetch(elsewhere));
      return null;
    });
  }
  const fetched = new Map(await Promise.all([...wanted].map(async ([id, value]) => [id, await value] as const)));
  return (elsewhere) => fetched.get(key(elsewhere)) ?? null;
}
