import { Context } from "@temporalio/activity";
import { type Failure, toFailure } from "../../sdk/contracts/errors.ts";
import type { Json } from "../../sdk/contracts/json.ts";
import { type BodyOutcome, runBody } from "../../sdk/execution/run-body.ts";
import type { Stored } from "../../sdk/interpreter/settled.ts";
import { evaluate, type Environment, resultOf } from "../../sdk/interpreter/values.ts";
import { nodeOf, nodesInBody } from "../../sdk/plan/graph.ts";
import type { MapNode } from "../../sdk/plan/plan.ts";
import type { MapPart, MapWindow, StageMember } from "../contract.ts";
import { openLakeObject } from "../objects/lake-object.ts";
import type { WorkArea } from "../work/work-area.ts";
import { withHeartbeats } from "./heartbeats.ts";
import { applicationFailure, stageDependencies, type StageActivityDependencies, tasksOf } from "./run-stage-activity.ts";
import { fetchValue, storeValue } from "./store-value.ts";

/** Runs the body of a map over some of its items, `concurrency` at once; an item that fails does not stop the others. */
export async function runMapWindow(needs: StageActivityDependencies, window: MapWindow): Promise<MapPart> {
  const published = await needs.library.plan(window);
  const node = nodeOf(published.plan, window.map) as MapNode;
  const tasks = await tasksOf(needs.library, published, nodesInBody(published.plan, node));
  const { member, from, to } = window;
  const list = await listOf(node, member, needs.work);
  const object = openLakeObject(member.object, needs.store(member.object.store), needs.cache, Context.current().cancellationSignal);
  const values: Json[] = Array.from({ length: to - from }, () => null);
  const failed: { index: number; failure: Failure }[] = [];

  const open = values.keys();
  async function work(): Promise<void> {
    for (const offset of open) {
      const index = from + offset;
      const environment: Environment = { ...member, items: { ...member.items, [node.id]: list[index] ?? null } };
      const outcome = await runItem(environment);
      if ("failure" in outcome) failed.push({ index, failure: outcome.failure });
      else values[offset] = outcome.value;
    }
  }

  async function runItem(environment: Environment): Promise<BodyOutcome> {
    try {
      return await runBody(published.plan, node.body, environment, stageDependencies(needs, published, tasks, object, member));
    } catch (error) {
      return { failure: toFailure(error, node.id) };
    }
  }

  await withHeartbeats(() => Promise.all(Array.from({ length: Math.min(node.concurrency, values.length) }, work)));
  failed.sort((one, other) => one.index - other.index);
  if (window.single && failed[0]) throw applicationFailure(failed[0].failure, {});
  return partOf(needs, from, to, values, failed);
}

/** Puts consecutive parts of a map together; see `Activities.joinMapParts`. */
export async function joinMapParts(
  needs: Pick<StageActivityDependencies, "work" | "inlineBytes">,
  parts: readonly MapPart[],
): Promise<MapPart> {
  const ordered = parts.toSorted((one, other) => one.from - other.from);
  const values: Json[] = [];
  for (const part of ordered) values.push(...(await valuesOf(needs.work, part)));
  return partOf(
    needs,
    ordered[0]?.from ?? 0,
    ordered.at(-1)?.to ?? 0,
    values,
    ordered.flatMap(({ failed }) => failed),
  );
}

/** See `Activities.patchMapPart`. */
export async function patchMapPart(
  needs: Pick<StageActivityDependencies, "work" | "inlineBytes">,
  part: MapPart,
  mended: readonly MapPart[],
  failed: MapPart["failed"],
): Promise<MapPart> {
  const values = [...(await valuesOf(needs.work, part))];
  for (const one of mended) values[one.from - part.from] = (await valuesOf(needs.work, one))[0] ?? null;
  return partOf(needs, part.from, part.to, values, failed);
}

/** See `Activities.collectMap`. */
export async function collectMap(
  needs: Pick<StageActivityDependencies, "work" | "inlineBytes">,
  part: MapPart,
  tolerates: boolean,
): Promise<Stored> {
  const values = await valuesOf(needs.work, part);
  if (!tolerates) return storeValue(values, needs.work, needs.inlineBytes, [[]]);
  const failures = new Map(part.failed.map(({ index, failure }) => [index - part.from, failure]));
  const results = values.map((value, index) => {
    const failure = failures.get(index);
    return resultOf(failure ? { status: "failed", failure } : { status: "success", value: { inline: null } }, () => value);
  });
  return storeValue(results, needs.work, needs.inlineBytes, [[]]);
}

async function partOf(
  needs: Pick<StageActivityDependencies, "work" | "inlineBytes">,
  from: number,
  to: number,
  values: readonly Json[],
  failed: MapPart["failed"],
): Promise<MapPart> {
  const small = JSON.stringify(values).length <= needs.inlineBytes;
  return { from, to, values: small ? { inline: values } : { at: await needs.work.put(values) }, failed };
}

async function valuesOf(work: WorkArea, { values }: MapPart): Promise<readonly Json[]> {
  return "inline" in values ? values.inline : ((await work.get(values.at)) as readonly Json[]);
}

async function listOf(node: MapNode, member: StageMember, work: WorkArea): Promise<readonly Json[]> {
  const wanted: Promise<Json>[] = [];
  evaluate(node.over, member, (elsewhere) => {
    wanted.push(fetchValue(elsewhere, work));
    return null;
  });
  const fetched = await Promise.all(wanted);
  let next = 0;
  return evaluate(node.over, member, () => fetched[next++] ?? null) as readonly Json[];
}
