import { expect, it } from "vitest";
import { arrival, dag, object, task } from "../../sdk/index.ts";
import { compileDag } from "../../sdk/plan/compile.ts";
import { cutOff } from "./run-stage-activity.ts";

const tries = (attempts: number) => task({ name: `${attempts} tries`, in: object, retry: { attempts }, run: () => {} });

/** Which attempts of an activity still run, of those that were tried before it. */
function runs(limits: readonly number[], tried: number): readonly number[] {
  const tasks = limits.map(tries);
  const flow: Parameters<typeof dag>[0]["flow"] = (arrived) => tasks.forEach((one) => void one(arrived));
  const { plan } = compileDag(dag({ name: "d", on: arrival(), flow }));
  const nodes = plan.nodes.map(({ id }) => id);
  return [1, 2, 3, 4, 5].filter((attempt) => !cutOff({ plan }, { nodes, tried }, attempt));
}

it("counts what was tried before the activity, and leaves it one attempt in any case", () => {
  expect(runs([3], 0)).toEqual([1, 2, 3]);
  expect(runs([3], 1)).toEqual([1, 2]);
  expect(runs([1], 1)).toEqual([1]);
  expect(runs([4, 2], 1)).toEqual([1, 2, 3]);
});

it("has no limit where a task has none", () => {
  expect(runs([0, 2], 3)).toEqual([1, 2, 3, 4, 5]);
});

it("says in the outcome how many attempts there were in all", () => {
  const { plan } = compileDag(dag({ name: "d", on: arrival(), flow: (arrived) => void tries(3)(arrived) }));
  const [node] = plan.nodes;
  const lost = cutOff({ plan }, { nodes: [node?.id ?? ""], tried: 1 }, 3)?.[node?.id ?? ""];
  expect(lost).toMatchObject({ status: "failed", attempt: 3, failure: { code: "TASK_TIMED_OUT" } });
});
