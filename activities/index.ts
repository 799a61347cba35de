import { Context } from "@temporalio/activity";
import type { Logger } from "pino";
import type { Catalog } from "../infra/catalog.ts";
import type { ObjectStore } from "../infra/stores/object-store.ts";
import { isSluiceError, toFailure } from "../sdk/contracts/errors.ts";
import type { ObjectInfo } from "../sdk/contracts/object.ts";
import type { Integrator } from "../sdk/execution/context.ts";
import { thrownAt } from "../sdk/execution/thrown-at.ts";
import type { TaskDefinition } from "../sdk/language/task.ts";
import { nodeOf } from "../sdk/plan/graph.ts";
import type { PublishedPlan } from "../sdk/plan/plan.ts";
import { admitArrivals } from "./admission/admit.ts";
import type { IsClosed } from "./admission/claim.ts";
import { closeDocuments } from "./closing/close.ts";
import { recordGone } from "./closing/gone.ts";
import { removeReplaced } from "./closing/remove-replaced.ts";
import type { Activities, MapPart, MapWindow, StageActivity, StageResult, StageWork } from "./contract.ts";
import { createContentCache } from "./objects/content-cache.ts";
import { openLakeObject } from "./objects/lake-object.ts";
import { withHeartbeats } from "./stages/heartbeats.ts";
import { createLibrary } from "./stages/library.ts";
import { collectMap, joinMapParts, patchMapPart, runMapWindow } from "./stages/run-map-window.ts";
import { applicationFailure, runStageActivity, type StageActivityDependencies, taskContext } from "./stages/run-stage-activity.ts";
import { fetchValue } from "./stages/store-value.ts";
import { createWorkArea } from "./work/work-area.ts";

export type ActivityDependencies = {
  readonly catalog: Catalog;
  /** The object store of that name. */
  readonly store: (name: string) => ObjectStore;
  /** Where plans, code and intermediate results lie. */
  readonly lake: ObjectStore;
  readonly integrators: ReadonlyMap<string, Integrator>;
  readonly importTasks: (code: string, hash: string) => Promise<ReadonlyMap<string, TaskDefinition>>;
  readonly plansInForce: () => readonly PublishedPlan[];
  readonly isClosed: IsClosed;
  readonly log: Logger;
  readonly inlineBytes: number;
};

/** All activities of a worker. Those that are not the engine's own are stages: their types are their tasks' names. */
export function createActivities(needs: ActivityDependencies): Activities & { default: StageActivity } {
  const { catalog, store, log, inlineBytes } = needs;
  const cache = createContentCache();
  const work = createWorkArea(needs.lake);
  const library = createLibrary({ store: needs.lake, integrators: needs.integrators, importTasks: needs.importTasks });
  const stages: StageActivityDependencies = {
    library,
    store,
    cache,
    work,
    log,
    inlineBytes,
    recordAttempt: async (attempt) => {
      const _id = `${attempt.run_id}/${attempt.container}/${attempt.key}/${attempt.task}/${attempt.attempt}`;
      await catalog.attempts
        .replaceOne({ _id }, attempt, { upsert: true })
        .catch((error: unknown) => log.warn({ error }, "The record of an attempt was not kept"));
    },
  };
  const plansInForce = () => {
    const plans = needs.plansInForce();
    for (const published of plans) library.know(published);
    return plans;
  };

  const stage = (given: StageWork | MapWindow): Promise<StageResult | MapPart> =>
    "map" in given ? runMapWindow(stages, given) : runStageActivity(stages, given);

  return {
    admitArrivals: (arrivals, run) => admitArrivals({ catalog, store, cache, plansInForce, isClosed: needs.isClosed }, arrivals, run),
    removeReplaced: (replaced) => {
      const context = (object: ObjectInfo, sink: string) =>
        taskContext(log, "", sink, openLakeObject(object, store(object.store), cache, Context.current().cancellationSignal));
      return withHeartbeats(() => removeReplaced({ integrators: needs.integrators, context }, replaced));
    },
    closeDocuments: (closings, run) => closeDocuments(catalog, closings, run),
    recordGone: (gone, run) => recordGone(catalog, gone, run),
    runMapWindow: atBoundary((window) => runMapWindow(stages, window)),
    joinMapParts: (parts) => joinMapParts(stages, parts),
    patchMapPart: (part, mended, failed) => patchMapPart(stages, part, mended, failed),
    collectMap: (part, tolerates) => collectMap(stages, part, tolerates),
    undoTask: atBoundary(async ({ node: id, object: info, value, ...reference }) => {
      const published = await library.plan(reference);
      const node = nodeOf(published.plan, id);
      if (node?.kind !== "task") return;
      const { undo, place } = await library.task(published, node.task);
      const object = openLakeObject(info, store(info.store), cache, Context.current().cancellationSignal);
      const output =
        "inline" in value ? value.inline : "at" in value && value.at ? await fetchValue({ stored: value, path: [] }, work) : null;
      try {
        await undo?.(output as never, taskContext(log, reference.dag, id, object));
      } catch (error) {
        throw applicationFailure(toFailure(error, id, thrownAt(error, place)), {});
      }
    }),
    default: atBoundary(stage) as StageActivity,
  };
}

/** To Temporal a Sluice error says its code, and that a terminal one is not to be tried again. */
function atBoundary<Given, Result>(work: (given: Given) => Promise<Result>): (given: Given) => Promise<Result> {
  return async (given) => {
    try {
      return await work(given);
    } catch (error) {
      throw isSluiceError(error) ? applicationFailure(toFailure(error), {}) : error;
    }
  };
}
