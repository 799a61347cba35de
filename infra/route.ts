import picomatch from "picomatch";
import type { ObjectInfo } from "../sdk/contracts/object.ts";
import { typeMatches } from "../sdk/language/mime.ts";
import type { ArrivalPattern, Plan, PublishedPlan } from "../sdk/plan/plan.ts";

/** What routing asks of an object. */
export type Routed = Pick<ObjectInfo, "container" | "key" | "type" | "project" | "user" | "dataProcessing">;

/**
 * The plans that take an object: all that match at the highest priority that matches, those that ask for `custom`
 * processing first, then by name.
 */
export function route(plans: readonly PublishedPlan[], object: Routed): readonly PublishedPlan[] {
  const matching = plans.flatMap((published) =>
    published.plan.on.filter((pattern) => matches(pattern, object)).map((pattern) => ({ published, pattern })),
  );
  const highest = Math.max(...matching.map(({ pattern }) => pattern.priority));
  const taken = matching
    .filter(({ pattern }) => pattern.priority === highest)
    .toSorted(
      (one, other) =>
        Number(other.pattern.dataProcessing === "custom") - Number(one.pattern.dataProcessing === "custom") ||
        (one.published.plan.dag < other.published.plan.dag ? -1 : 1),
    );
  return [...new Map(taken.map(({ published }) => [published.hash, published])).values()];
}

/** Whether the patterns by which a plan takes an object ask for `custom` processing; others of the plan's may ask for what they like. */
export function asksForCustom({ on }: Pick<Plan, "on">, object: Routed): boolean {
  const matching = on.filter((pattern) => matches(pattern, object));
  const highest = Math.max(...matching.map(({ priority }) => priority));
  return matching.some(({ priority, dataProcessing }) => priority === highest && dataProcessing === "custom");
}

export function matches(pattern: ArrivalPattern, object: Routed): boolean {
  const glob = (globs: readonly string[] | undefined, text: string) => globs === undefined || globs.some((one) => matcher(one)(text));
  return (
    pattern.types.some((type) => typeMatches(type, object.type)) &&
    glob(pattern.container, object.container) &&
    glob(pattern.key, object.key) &&
    glob(pattern.project, object.project) &&
    glob(pattern.user, object.user) &&
    (pattern.dataProcessing === undefined || pattern.dataProcessing === object.dataProcessing)
  );
}

const matchers = new Map<string, (text: string) => boolean>();

function matcher(glob: string): (text: string) => boolean {
  const known = matchers.get(glob) ?? (glob === "**" ? () => true : picomatch(glob, { dot: true }));
  matchers.set(glob, known);
  return known;
}
