import type { z } from "zod";
import { type IsLanding, whyNoCollection } from "../../infra/landing.ts";
import type { Door } from "../../sdk/contracts/arrival.ts";
import { isSluiceError, terminal, toFailure } from "../../sdk/contracts/errors.ts";
import type { NewArrival, RejectedRecord } from "../journal/records.ts";

/** What a door made of one request body. */
export type Received = {
  readonly arrivals: readonly NewArrival[];
  readonly rejected: readonly RejectedRecord[];
  /** News of something else than an object that landed. */
  readonly ignored: number;
};

/** What every door needs to judge records. */
export type DoorContext = {
  readonly isLanding: IsLanding;
  /** The object stores that the lake reads. */
  readonly stores: readonly string[];
  readonly now: () => Date;
};

/** What a record says, before it was held against the lake. */
export type Draft = Omit<NewArrival, "tenant" | "time" | "door"> & {
  /** As the sender wrote it; the time of receipt where it cannot be read. */
  readonly time?: string | undefined;
};

/** S3's bound on keys, and Swift's. */
const maxKeyBytes = 1024;
const maxKeptRecord = 2_000;

/** Each record by itself: one that cannot be used is rejected with its reason and blocks no other. */
export function receive<R>(door: Door, records: readonly R[], read: (record: R) => Draft | "ignore", context: DoorContext): Received {
  const arrivals: NewArrival[] = [];
  const rejected: RejectedRecord[] = [];
  let ignored = 0;
  for (const record of records) {
    let draft: Draft | "ignore" | undefined;
    try {
      draft = read(record);
      if (draft === "ignore") ignored += 1;
      else arrivals.push(admit(door, draft, context));
    } catch (error) {
      if (!isSluiceError(error)) throw error;
      const named = typeof draft === "object" ? { container: draft.container, key: draft.key } : {};
      rejected.push({ door, ...named, reason: toFailure(error), record: cut(record) });
    }
  }
  return { arrivals, rejected, ignored };
}

function admit(door: Door, { time, ...draft }: Draft, { isLanding, stores, now }: DoorContext): NewArrival {
  const { store, container, key } = draft;
  if (container === "" || key === "") {
    const missing = container === "" ? "container" : "key";
    throw terminal("NO_NAME", `The record names no ${missing}: expected both container and key of the object that landed.`);
  }
  const unusable = whyNoCollection(container);
  if (unusable !== undefined) {
    throw terminal(
      "BAD_CONTAINER",
      `The container's name "${container.slice(0, 80)}" cannot be the name of its collection in the catalog: ${unusable}. Put its objects into a container with a plainer name.`,
    );
  }
  if (!isLanding(container)) {
    throw terminal(
      "NOT_OF_THE_LAKE",
      `The container "${container}" is not one that objects land in: add it to SLUICE_CONTAINERS, or stop its notifications. (Containers called "sluice-…" are the lake's own and never land.)`,
    );
  }
  if (!stores.includes(store)) {
    throw terminal(
      "NO_SUCH_STORE",
      `The record is about ${container}/${key.slice(0, 80)} in the object store "${store}", and this lake reads ${stores.join(", ")} only: configure that store (for Swift by SLUICE_SWIFT_AUTH_URL, SLUICE_SWIFT_USER and SLUICE_SWIFT_KEY), or stop its notifications.`,
    );
  }
  const length = Buffer.byteLength(key);
  if (length > maxKeyBytes || key.includes("\0")) {
    const found = length > maxKeyBytes ? `has ${length} bytes` : "has a NUL character";
    throw terminal(
      "BAD_KEY",
      `The key "${key.slice(0, 80)}…" in ${container} ${found}: expected at most ${maxKeyBytes} bytes without NUL.`,
    );
  }
  const happened = new Date(time ?? Number.NaN);
  const known = Number.isNaN(happened.getTime()) ? now() : happened;
  return { ...draft, tenant: container, time: known.toISOString(), door };
}

/** The record as the schema has it. @throws `UNUSABLE_RECORD` (terminal), with every field that is wrong. */
export function check<S extends z.ZodType>(schema: S, record: unknown, what: string): z.output<S> {
  const parsed = schema.safeParse(record);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the whole"}: ${issue.message}`);
  throw terminal("UNUSABLE_RECORD", `The record is not ${what}: ${problems.join("; ")}. Look at what the sender is set up to send.`);
}

function cut(record: unknown): string {
  const text = typeof record === "string" ? record : (JSON.stringify(record) ?? "");
  return text.length <= maxKeptRecord ? text : `${text.slice(0, maxKeptRecord)}…`;
}

/** Leaves out what is absent or empty, so that arrivals say nothing rather than `null`. */
export function given<K extends string, V>(name: K, value: V | null | undefined): { readonly [name in K]?: V } {
  return value === undefined || value === null || value === "" ? {} : ({ [name]: value } as { readonly [name in K]?: V });
}
