import type { CatalogDocument } from "../../sdk/contracts/catalog.ts";
import type { Failure } from "../../sdk/contracts/errors.ts";
import type { FailureGroup } from "./types.ts";

/** What is read of an object that could not be processed. */
export type FailedObject = Pick<
  CatalogDocument,
  "key" | "swift_container" | "content_type" | "state" | "state_since" | "workflow_id" | "run_id" | "failed_operations"
> & { readonly reason: Failure };

type Group = {
  first: number;
  last: number;
  objects: number;
  example: FailedObject;
  readonly states: Map<string, number>;
  readonly containers: Map<string, number>;
  readonly types: Map<string, number>;
  readonly dags: Map<string, number>;
};

/** Groups objects by the fingerprints of their failures as they are read: as much memory as there are groups. */
export function createFailureGroups() {
  const groups = new Map<string, Group>();

  function add(object: FailedObject): void {
    const at = new Date(object.state_since).getTime();
    const { fingerprint } = object.reason;
    const group = groups.get(fingerprint) ?? newGroup(object, at);
    groups.set(fingerprint, group);
    group.objects += 1;
    group.first = Math.min(group.first, at);
    if (at >= group.last) [group.last, group.example] = [at, object];
    tally(group.states, object.state);
    tally(group.containers, object.swift_container);
    tally(group.types, object.content_type);
    const dag = dagOf(object);
    if (dag !== undefined) tally(group.dags, dag);
  }

  /** The most frequent first. */
  function list(link: (workflowId: string, runId?: string) => string): readonly FailureGroup[] {
    return [...groups]
      .sort(([, one], [, other]) => other.objects - one.objects || other.last - one.last)
      .map(([fingerprint, { first, last, objects, example, states, containers, types, dags }]) => ({
        fingerprint,
        code: example.reason.code,
        kind: example.reason.kind,
        ...(example.reason.task !== undefined && { task: example.reason.task }),
        objects,
        states: Object.fromEntries(states),
        containers: Object.fromEntries(containers),
        types: Object.fromEntries(types),
        dags: Object.fromEntries(dags),
        since: new Date(first).toISOString(),
        last: new Date(last).toISOString(),
        example: {
          container: example.swift_container,
          key: example.key,
          content_type: example.content_type,
          state: example.state,
          reason: example.reason,
          ...(example.workflow_id !== undefined && { link: link(example.workflow_id, example.run_id) }),
        },
      }));
  }

  return { add, list };
}

/** The DAG whose run failed, of those of the object's last run. */
export function dagOf({ failed_operations, run_id }: Pick<FailedObject, "failed_operations" | "run_id">): string | undefined {
  return failed_operations.findLast((operation) => operation.run_id === run_id)?.dag_id;
}

function newGroup(example: FailedObject, at: number): Group {
  return { first: at, last: at, objects: 0, example, states: new Map(), containers: new Map(), types: new Map(), dags: new Map() };
}

function tally(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
