import { nodesAt } from "../sdk/plan/graph.ts";
import type { Plan, PublishedPlan } from "../sdk/plan/plan.ts";
import type { Member } from "./run.ts";
import { taskText } from "./summaries.ts";

/** Rows and reasons that a person reads; a plan may have more tasks than that. */
const shownTasks = 40;
const shownFailures = 3;

/** How far a run is, in Markdown: for each plan what became of its tasks, over all objects of the run. */
export function progressOf(members: readonly Member[]): string {
  const plans = new Map(members.flatMap(({ runs }) => runs.map(({ published }) => [published.hash, published])));
  const leaving = members.filter(({ leaving }) => leaving).length;
  return [
    ...[...plans.values()].map((published) => planText(published, members)),
    ...(leaving > 0 ? [`${leaving} of ${members.length} go on in runs of their own.`] : []),
  ].join("\n\n");
}

function planText({ hash, plan }: PublishedPlan, members: readonly Member[]): string {
  const runs = members.flatMap((member) => member.runs.filter(({ published }) => published.hash === hash));
  const tasks = nodesAt(plan, null).filter(({ kind }) => kind !== "match");
  const failures = runs.flatMap(({ settled }) =>
    Object.entries(settled).flatMap(([id, one]) =>
      one.status === "failed" && !one.upstream ? [`- ${code(taskText(plan, id))}: ${one.failure.message}`] : [],
    ),
  );
  return [
    `**${plan.dag}** over ${runs.length === 1 ? "1 object" : `${runs.length} objects`}`,
    "",
    "| task | done | failed | skipped | open |",
    "|---|---|---|---|---|",
    ...tasks.slice(0, shownTasks).map(({ id }) =>
      rowOf(
        plan,
        id,
        runs.map(({ settled }) => settled[id]?.status),
      ),
    ),
    ...(tasks.length > shownTasks ? [`| ${tasks.length - shownTasks} more | | | | |`] : []),
    ...(failures.length > 0 ? ["", ...failures.slice(0, shownFailures)] : []),
  ].join("\n");
}

function rowOf(plan: Plan, id: string, states: readonly (string | undefined)[]): string {
  const counts = (["success", "failed", "skipped", undefined] as const).map((state) => states.filter((one) => one === state).length);
  return `| ${code(taskText(plan, id))} | ${counts.map((count) => count || "").join(" | ")} |`;
}

/** Names are shown as they are, whatever they mean in Markdown. */
function code(text: string): string {
  return `\`${text.replaceAll("`", "'").replaceAll("|", "¦")}\``;
}
