import { continueAsNew, proxyActivities, setCurrentDetails, sleep, startChild, workflowInfo } from "@temporalio/workflow";
import type { Forgotten, ForgettingActivities, Removed, Unpacked } from "../activities/forgetting/contract.ts";
import { fitWorkflowId } from "../sdk/contracts/ids.ts";
import { fitSummary, subjectOf } from "../sdk/contracts/summaries.ts";
import type { ForgetInput, ForgetResult } from "./contract.ts";
import { thisRun } from "./run.ts";

const forgetting = proxyActivities<ForgettingActivities>({
  startToCloseTimeout: "1 hour",
  heartbeatTimeout: "15 seconds",
  retry: { maximumInterval: "1 minute" },
});
const { holdToForget, listMembers, settleForgotten } = proxyActivities<ForgettingActivities>({
  startToCloseTimeout: "2 minutes",
  retry: { maximumInterval: "1 minute" },
});

/** Members of an archive that one child forgets, and such children in one run of this workflow. */
const membersAChild = 100;
const childrenARun = 500;

/**
 * Removes everything that was ever made of objects, from every sink, then all that the catalog knew of them but that
 * they were there. What was unpacked from an archive is made of it: members go with it, their raw objects as well.
 */
export async function forget(input: ForgetInput): Promise<ForgetResult> {
  const { objects, raw, by, begun } = input;
  setCurrentDetails(`Forgetting ${subjectOf(objects)}`);
  const archives = begun?.archives ?? (await hold(objects));
  const removed = begun ? [] : await forgetting.removeDerived(objects);
  const done = await forgetMembers(input, archives, begun?.done ?? { forgotten: 0, removed: removed.reduce(added, {}) });
  await Promise.all(objects.map((object, index) => settle(object, { removed: removed[index] ?? done.removed, raw, by })));
  const forgotten = done.forgotten + objects.length;
  setCurrentDetails(`${subjectOf(objects)} forgotten, ${forgotten} objects in all`);
  return { ...done, forgotten };
}

/** Waits until no run has any of them; what is held then stays so until it is settled. */
async function hold(objects: ForgetInput["objects"]): Promise<readonly Unpacked[]> {
  const archives: Unpacked[] = [];
  let left = objects;
  for (let waits = 0; ; waits++) {
    const held = await holdToForget(left, thisRun());
    archives.push(...held.flatMap((one) => (one.status === "held" ? one.archives : [])));
    const busy = held.flatMap((one) => (one.status === "busy" ? one.holder : []));
    if (busy.length === 0) return archives;
    left = left.filter((_, index) => held[index]?.status === "busy");
    setCurrentDetails(`Waiting for runs that have them: ${busy.slice(0, 3).join(", ")}`);
    await sleep(Math.min(30_000, 500 * 2 ** waits));
  }
}

async function forgetMembers(input: ForgetInput, archives: readonly Unpacked[], before: ForgetResult): Promise<ForgetResult> {
  let done = before;
  let children = 0;
  for (const [index, archive] of archives.entries()) {
    let after = index === 0 ? input.begun?.after : undefined;
    for (;;) {
      const keys = await listMembers(archive, after, membersAChild);
      if (keys.length === 0) break;
      if (children++ === childrenARun) {
        await continueAsNew<typeof forget>({
          ...input,
          begun: { archives: archives.slice(index), ...(after !== undefined && { after }), done },
        });
      }
      const { container } = archive;
      const objects = keys.map((key) => ({ container, key }));
      const child = await startChild(forget, {
        args: [{ objects, raw: true, by: input.by }],
        workflowId: fitWorkflowId(`${workflowInfo().workflowId}/members/${archives.length}.${index}/${keys[0]}`),
        staticSummary: fitSummary(`forget ${subjectOf(objects)}, unpacked from ${container}/${archive.archive}`),
      });
      const result = await child.result();
      done = { forgotten: done.forgotten + result.forgotten, removed: added(done.removed, result.removed) };
      after = keys.at(-1);
    }
  }
  return done;
}

/** A run that had begun to take the object when this one held it may have gone on all the same: then again. */
async function settle(object: ForgetInput["objects"][number], forgotten: Forgotten): Promise<void> {
  while (!(await settleForgotten(object, forgotten, thisRun()))) {
    await hold([object]);
    await forgetting.removeDerived([object]);
  }
}

function added(one: Removed, other: Removed): Removed {
  const sum = { ...one };
  for (const [what, count] of Object.entries(other)) sum[what] = (sum[what] ?? 0) + count;
  return sum;
}
