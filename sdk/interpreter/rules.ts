import type { TriggerRule } from "../plan/plan.ts";
import type { Settled } from "./settled.ts";

export type Verdict = "run" | "skip" | "upstreamFailed";

/**
 * What a rule says of inputs that have all settled; the truth table stands in `sdk/README.md`. A node that did not
 * run because one before it failed counts as failed.
 */
export function judge(rule: TriggerRule, inputs: readonly Settled["status"][]): Verdict {
  const failed = inputs.includes("failed");
  const succeeded = inputs.includes("success");
  const otherwise: Verdict = failed ? "upstreamFailed" : "skip";
  switch (rule) {
    case "allSuccess":
      return inputs.every((status) => status === "success") ? "run" : otherwise;
    case "allDone":
      return "run";
    case "anySuccess":
      return succeeded ? "run" : otherwise;
    case "anyFailed":
      return failed ? "run" : "skip";
    case "allFailed":
      return failed && inputs.every((status) => status === "failed") ? "run" : "skip";
    case "noneFailed":
      return failed ? "upstreamFailed" : "run";
  }
}
