import { type Failure, fingerprintOf } from "../contracts/errors.ts";
import type { MapNode } from "../plan/plan.ts";

/** The failure of a map of which more items failed than it tolerates. */
export function tooManyFailed(node: MapNode, items: number, failed: number, first: Failure | undefined): Failure | undefined {
  const tolerated = !node.tolerate ? 0 : "count" in node.tolerate ? node.tolerate.count : node.tolerate.fraction * items;
  if (!first || failed <= tolerated) return undefined;
  const message = `${failed} of ${items} items of ${node.id} failed, ${Math.floor(tolerated)} tolerated; the first with: ${first.message}`;
  return { ...first, message, fingerprint: fingerprintOf(first.code, first.task, first.message) };
}
