import { terminal, toFailure } from "../contracts/errors.ts";
import type { Settled } from "../interpreter/settled.ts";
import type { NodeOutcome } from "./run-stage.ts";
import { toJson } from "./serial.ts";

/** How a node ended, as a run keeps it; `NOT_SERIALISABLE` (terminal) where its value cannot be passed between tasks. */
export function settledOf(outcome: NodeOutcome, node: string): Settled {
  if (outcome.status === "failed") return { status: "failed", failure: outcome.failure, ...(outcome.upstream && { upstream: true }) };
  if ("rows" in outcome) return { status: "success", value: { rows: outcome.rows, ...(outcome.at && { at: outcome.at }) } };
  try {
    return { status: "success", value: { inline: toJson(outcome.value, `The output of ${node}`) } };
  } catch (thrown) {
    return { status: "failed", failure: toFailure(terminal("NOT_SERIALISABLE", (thrown as Error).message), node) };
  }
}
