import { describe, expect, it } from "vitest";
import { z } from "zod";
import { after, arrival, dag, object, rule, task } from "../index.ts";
import { compileDag } from "../plan/compile.ts";
import { nodesToUndo, outcomeOf } from "./outcome.ts";
import type { RunState, Settled } from "./settled.ts";

const read = task({ name: "read", in: object, out: z.string(), run: () => "" });
const write = task({ name: "write", in: z.string(), out: z.string(), run: (text) => text, undo: () => {} });
const mend = task({ name: "mend", in: z.string(), run: () => {} });

const planWith = (recovers: boolean) =>
  compileDag(
    dag({
      name: "d",
      on: arrival(),
      flow(arrived) {
        const written = write(write(read(arrived)));
        after([written], rule.anyFailed, () => mend("it"), { recovers });
      },
    }),
  ).plan;

const success: Settled = { status: "success", value: { inline: null } };
const skipped: Settled = { status: "skipped" };
const failed = (upstream = false): Settled => ({
  status: "failed",
  failure: { code: "AWAY", kind: "retryable", message: "It is away.", fingerprint: "" },
  ...(upstream && { upstream: true }),
});
const broken: RunState = { read: success, write: failed(), "write:2": failed(true), mend: success };

describe("outcomeOf", () => {
  it("names what failed first, not what failed for it", () => {
    expect(outcomeOf(planWith(false), broken)).toMatchObject({ status: "failed", node: "write", failure: { code: "AWAY" } });
  });

  it("forgives what lies before an after that recovers and succeeded", () => {
    expect(outcomeOf(planWith(true), broken)).toEqual({ status: "success" });
  });

  it("does not forgive when recovering itself failed or never ran", () => {
    expect(outcomeOf(planWith(true), { ...broken, mend: failed() })).toMatchObject({ status: "failed", node: "write" });
    expect(outcomeOf(planWith(true), { ...broken, mend: skipped })).toMatchObject({ status: "failed", node: "write" });
  });
});

describe("nodesToUndo", () => {
  it("has what succeeded and can be undone, the last first", () => {
    expect(nodesToUndo(planWith(false), { ...broken, write: success, "write:2": success, mend: failed() })).toEqual(["write:2", "write"]);
    expect(nodesToUndo(planWith(false), broken)).toEqual([]);
  });
});
