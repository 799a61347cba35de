import { upsertSearchAttributes } from "@temporalio/workflow";
import { defineSearchAttributeKey, type SearchAttributePair, SearchAttributeType } from "@temporalio/common";
import type { Failure } from "../sdk/contracts/errors.ts";
import type { Member } from "./run.ts";

const keys = {
  state: defineSearchAttributeKey("SluiceState", SearchAttributeType.KEYWORD),
  fingerprint: defineSearchAttributeKey("SluiceFingerprint", SearchAttributeType.KEYWORD),
  contentType: defineSearchAttributeKey("SluiceContentType", SearchAttributeType.KEYWORD_LIST),
  dag: defineSearchAttributeKey("SluiceDag", SearchAttributeType.KEYWORD_LIST),
  plan: defineSearchAttributeKey("SluicePlan", SearchAttributeType.KEYWORD_LIST),
} as const;

const distinct = (values: readonly string[]) => [...new Set(values)].slice(0, 20);

/** What people search runs by; container, tenant and object are set at the start. */
export function publishState(members: readonly Member[], state: string, failure?: Failure): void {
  const runs = members.flatMap((member) => member.runs);
  const pairs: SearchAttributePair[] = [
    { key: keys.state, value: state },
    { key: keys.contentType, value: distinct(members.map(({ object }) => object.type)) },
    { key: keys.dag, value: distinct(runs.map(({ published }) => published.plan.dag)) },
    { key: keys.plan, value: distinct(runs.map(({ published }) => published.hash.slice(0, 12))) },
    ...(failure ? [{ key: keys.fingerprint, value: failure.fingerprint }] : []),
  ];
  upsertSearchAttributes(pairs);
}
