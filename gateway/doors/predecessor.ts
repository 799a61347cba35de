import { z } from "zod";
import { check, type DoorContext, type Draft, given, receive, type Received } from "./door.ts";

const conf = z.object({
  swift_id: z.coerce.string(),
  swift_container: z.string(),
  swift_user: z.string().nullish(),
  swift_version: z.coerce.string().nullish(),
});

/** Airflow's first API takes the configuration as a text of JSON, too. */
const trigger = z.object({ conf: z.preprocess(parseText, conf) });

/** What docker_datalake's Swift proxy posts to start a pipeline. The object's key is its `swift_id`. */
export function receiveTrigger(body: unknown, context: DoorContext): Received {
  return receive("predecessor", [body], readTrigger, context);
}

function readTrigger(found: unknown): Draft {
  const { swift_id, swift_container, swift_user } = check(trigger, found, "a trigger with `conf`").conf;
  return {
    store: "swift",
    container: swift_container,
    key: swift_id,
    swiftId: swift_id,
    ...given("user", swift_user),
  };
}

function parseText(given: unknown, context: z.RefinementCtx): unknown {
  if (typeof given !== "string") return given;
  try {
    return JSON.parse(given);
  } catch (error) {
    context.addIssue({ code: "custom", message: `expected JSON (${error instanceof Error ? error.message : String(error)})` });
    return z.NEVER;
  }
}

export type Triggered = {
  readonly dag: string;
  /** The arrival's id: what became of it is at `/v1/arrivals/{id}`. */
  readonly id: string;
  readonly now: Date;
  /** Why it was rejected. */
  readonly refusal: string | undefined;
  readonly conf: unknown;
};

/** The answer of `/api/experimental/dags/{dag}/dag_runs`. */
export function experimentalAnswer({ dag, id, now, refusal }: Triggered) {
  const time = now.toISOString();
  return { message: refusal ?? `Created <DagRun ${dag} @ ${time}: ${id}, externally triggered: True>`, run_id: id, execution_date: time };
}

/** The answer of `/api/v1|v2/dags/{dag}/dagRuns`: the fields that Airflow's clients read. */
export function dagRunAnswer({ dag, id, now, refusal, conf: sent }: Triggered) {
  const time = now.toISOString();
  return {
    dag_id: dag,
    dag_run_id: id,
    run_type: "manual",
    state: refusal === undefined ? "queued" : "failed",
    note: refusal ?? null,
    conf: sent,
    logical_date: time,
    execution_date: time,
    queued_at: time,
    start_date: null,
    end_date: null,
    external_trigger: true,
  };
}
