import { ApplicationFailure, condition, defineSignal, ParentClosePolicy, setHandler, startChild } from "@temporalio/workflow";
import type { IngestInput, IngestResult } from "../../workflows/contract.ts";

/** Stands in for the engine's workflow: what becomes of an arrival is written in its key. */
export async function ingest({ arrivals, handedOver }: IngestInput): Promise<IngestResult> {
  let released = false;
  setHandler(defineSignal("release"), () => {
    released = true;
  });
  if (arrivals.some((one) => one.key.startsWith("wait"))) await condition(() => released);
  if (arrivals.some((one) => one.key.startsWith("fail"))) {
    throw ApplicationFailure.nonRetryable("The object is not well.", "NOT_WELL");
  }
  const outcomes: IngestResult["outcomes"][number][] = [];
  for (const arrival of arrivals) {
    if (!arrival.key.startsWith("leave") || handedOver) {
      outcomes.push({ arrival: arrival.id, outcome: "processed" });
      continue;
    }
    const successor = `alone/${arrival.key}@${arrival.id}`;
    await startChild(ingest, {
      workflowId: successor,
      args: [{ arrivals: [arrival], handedOver: { from: "", runs: [] } }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
    outcomes.push({ arrival: arrival.id, outcome: "handed-over", successor });
  }
  return { outcomes };
}
