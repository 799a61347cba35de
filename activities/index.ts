import { Context } from "@temporalio/activity";
import type { Logger } from "pino";
import type { Catalog } from "../infra/catalog.ts";
import type { Executions } from "../infra/executions.ts";
import { createHistoryArchive } from "../infra/histories.ts";
import type { IsLanding } from "../infra/landing.ts";
import type { ObjectStore } from "../infra/stores/object-store.ts";
import type { CatalogDocument } from "../sdk/contracts/catalog.ts";
import { isSluiceError, toFailure, waitingCodes } from "../sdk/contracts/errors.ts";
import type { ObjectInfo } from "../sdk/contracts/object.ts";
import type { Integrator } from "../sdk/execution/context.ts";
import type { TaskDefinition } from "../sdk/language/task.ts";
import type { PublishedPlan } from "../sdk/plan/plan.ts";
import { admitArrivals } from "./admission/admit.ts";
import type { IsClosed } from "./admission/claim.ts";
import { recordGone } from "./closing/gone.ts";
import { removeReplaced } from "./closing/remove-replaced.ts";
import { leftBy, withSuspects } from "./closing/suspects.ts";
import { noteDeclined } from "./closing/untaken.ts";
import type { Activities, MapPart, MapWindow, StageActivity, StageResult, StageWork } from "./contract.ts";
import { createContentCache } from "./objects/content-cache.ts";
import { openLakeObject } from "./objects/lake-object.ts";
import { noteDuplicates } from "./admission/duplicates.ts";
import type { ForgettingActivities } from "./forgetting/contract.ts";
import { createForgetting } from "./forgetting/index.ts";
import type { RebuildingActivities } from "./rebuilding/contract.ts";
import { createRebuilding } from "./rebuilding/index.ts";
import { archiveHistories, closeArchiveWindow, openArchiveWindow } from "./histories/archive-histories.ts";
import { recordOf } from "./histories/closing-record.ts";
import { withHeartbeats } from "./stages/heartbeats.ts";
import { admitIsolated } from "./poison/admission.ts";
import { closeIsolated } from "./poison/closing.ts";
import { isolate } from "./poison/isolate.ts";
import { outcomesOfRuns } from "./selection/outcomes-of-runs.ts";
import { createReconciliation, type ReconciliationSettings } from "./reconciliation/index.ts";
import { countObjects, selectObjects } from "./selection/select-objects.ts";
import { createLibrary } from "./stages/library.ts";
import { collectMap, joinMapParts, patchMapPart } from "./stages/map-parts.ts";
import { runMapWindow } from "./stages/run-map-window.ts";
import { countAsWaiting, leaveWord } from "./stages/attempts.ts";
import { applicationFailure, runStageActivity, type StageActivityDependencies, taskContext } from "./stages/run-stage-activity.ts";
import { undoTask } from "./stages/undo-task.ts";
import { pruneKept } from "./work/prune.ts";
import { createWorkArea } from "./work/work-area.ts";

export type ActivityDependencies = {
  readonly catalog: Catalog;
  /** The object store of that name. */
  readonly store: (name: string) => ObjectStore;
  /** Where plans, code and intermediate results lie. */
  readonly lake: ObjectStore;
  readonly integrators: ReadonlyMap<string, Integrator>;
  readonly importTasks: (code: string, hash: string) => Promise<ReadonlyMap<string, TaskDefinition>>;
  readonly taskHashes: (code: string) => Promise<ReadonlyMap<string, string>>;
  readonly plansInForce: () => readonly PublishedPlan[];
  readonly isClosed: IsClosed;
  readonly isLanding: IsLanding;
  readonly reconciliation: ReconciliationSettings;
  /** What Temporal knows of the runs of this task queue. */
  readonly executions: Executions;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly log: Logger;
  readonly inlineBytes: number;
};

/** All activities of a worker. Those that are not the engine's own are stages: their types are their tasks' names. */
export function createActivities(
  needs: ActivityDependencies,
): Activities & ForgettingActivities & RebuildingActivities & { default: StageActivity } {
  const { catalog, store, log, inlineBytes } = needs;
  const cache = createContentCache();
  const work = createWorkArea(needs.lake);
  const { integrators, importTasks, taskHashes } = needs;
  const library = createLibrary({ store: needs.lake, integrators, importTasks, taskHashes });
  const stages: StageActivityDependencies = {
    library,
    store,
    cache,
    work,
    log,
    inlineBytes,
    recordAttempts: async (attempts) => {
      const writes = attempts.map((replacement) => {
        const { run_id, container, key, item, task, attempt } = replacement;
        const _id = [run_id, container, key, ...(item === undefined ? [] : [item]), task, attempt].join("/");
        return { replaceOne: { filter: { _id }, replacement, upsert: true } };
      });
      if (writes.length === 0) return;
      await catalog.attempts
        .bulkWrite(writes, { ordered: false })
        .catch((error: unknown) => log.warn({ error }, "The record of attempts was not kept"));
    },
  };
  const plansInForce = () => {
    const plans = needs.plansInForce();
    for (const published of plans) library.know(published);
    return plans;
  };

  const archiving = () => {
    const { executions, namespace, taskQueue, lake } = needs;
    const warn = (fields: object, message: string) => log.warn(fields, message);
    return { catalog, executions, namespace, taskQueue, warn, archive: createHistoryArchive(lake, catalog) };
  };

  const { isClosed, isLanding, reconciliation: settings } = needs;
  const reconciliation = createReconciliation({ ...archiving(), store, isClosed, isLanding, settings });

  /** For what is done to a sink without a task. */
  const ofSink = (object: ObjectInfo, sink: string) =>
    taskContext(log, { dag: "", node: sink }, openLakeObject(object, store(object.store), cache, Context.current().cancellationSignal));

  const stage = (given: StageWork | MapWindow): Promise<StageResult | MapPart> =>
    "map" in given ? runMapWindow(stages, given) : runStageActivity(stages, given);

  return {
    admitArrivals: async (arrivals, run, again) => {
      const left = (document: CatalogDocument) => leftBy({ library, integrators }, document);
      const admission = { catalog, store, cache, plansInForce, isClosed: needs.isClosed, library, holds: work.holds, leftBy: left };
      const admitted = await admitIsolated(catalog, arrivals, run, attemptNow(), (some) => admitArrivals(admission, some, run, again));
      await noteDuplicates(catalog, arrivals, admitted.members, run);
      await noteDeclined(catalog, arrivals, admitted.members, run);
      return admitted;
    },
    removeReplaced: (replaced) =>
      withHeartbeats(async () => {
        const remove = (some: typeof replaced) => removeReplaced({ integrators: needs.integrators, context: ofSink }, some);
        const { poisoned } = await isolate(replaced, attemptNow(), remove);
        return poisoned.map(({ item, failure }) => ({ object: item.object.id, failure }));
      }),
    ...createRebuilding({ ...archiving(), lake: needs.lake, isLanding: needs.isLanding, stores: needs.reconciliation.stores.map(store) }),
    ...createForgetting({ ...archiving(), store, lake: needs.lake, integrators, library, context: ofSink, isClosed: needs.isClosed }),
    closeDocuments: async (given, run) => {
      const closings = await withSuspects({ library, integrators }, given);
      return { unkept: await closeIsolated(catalog, closings, run, attemptNow()), record: await recordOf(closings) };
    },
    selectObjects: atBoundary((page) => withHeartbeats(() => selectObjects(needs, page))),
    countObjects: atBoundary((selection) => withHeartbeats(() => countObjects(needs, selection))),
    outcomesOfRuns: (runs) => outcomesOfRuns(needs, runs),
    recordGone: async (gone, run) => {
      const { poisoned } = await isolate(gone, attemptNow(), (some) => recordGone(needs, some, run));
      for (const { item, failure } of poisoned)
        log.error({ arrival: item.arrival, failure }, "The catalog does not take the news of a missing object");
    },
    ...reconciliation,
    listParts: atBoundary(reconciliation.listParts),
    runMapWindow: atBoundary((window) => runMapWindow(stages, window)),
    joinMapParts: (parts) => joinMapParts(stages, parts),
    patchMapPart: (part, mended, failed) => patchMapPart(stages, part, mended, failed),
    collectMap: (part, tolerates) => collectMap(stages, part, tolerates),
    openArchiveWindow: (overlap) => openArchiveWindow(archiving(), overlap),
    archiveHistories: (window, size, after) => withHeartbeats(() => archiveHistories(archiving(), window, size, after)),
    closeArchiveWindow: (window) => closeArchiveWindow(archiving(), window),
    pruneKept: (before) => withHeartbeats(() => pruneKept({ catalog, lake: needs.lake }, new Date(before))),
    undoTask: atBoundary((undoing) => undoTask(stages, undoing)),
    default: atBoundary(stage) as StageActivity,
  };
}

function attemptNow(): number {
  return Context.current().info.attempt;
}

/** To Temporal a Sluice error says its code, and that a terminal one is not to be tried again. */
function atBoundary<Given, Result>(work: (given: Given) => Promise<Result>): (given: Given) => Promise<Result> {
  return async (given) => {
    try {
      return await work(given);
    } catch (error) {
      leaveWord();
      if (!isSluiceError(error)) throw error;
      if (waitingCodes.has(error.code)) countAsWaiting();
      throw applicationFailure(toFailure(error), {});
    }
  };
}
