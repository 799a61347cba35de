import {
  ApplicationFailure,
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from "@temporalio/client";
import { defineSearchAttributeKey, type SearchAttributePair } from "@temporalio/common";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import { fingerprintOf } from "../../sdk/contracts/errors.ts";
import { fitWorkflowId } from "../../sdk/contracts/ids.ts";
import { livePriority } from "../../sdk/contracts/priority.ts";
import { fitSummary, subjectOf } from "../../sdk/contracts/summaries.ts";
import type { SearchAttributeName } from "../../sdk/contracts/search-attributes.ts";
import { workflowTaskTimeout } from "../../sdk/contracts/workflow-task.ts";
import type { ingest, IngestInput, IngestResult } from "../../workflows/contract.ts";
import type { RunEnd, RunStarter } from "./runs.ts";

const workflowType: typeof ingest = "ingest";

export type TemporalRunsOptions = { readonly client: Client; readonly taskQueue: string; readonly site: string };

/** Runs as workflows on Temporal. */
export function createTemporalRuns({ client, taskQueue, site }: TemporalRunsOptions): RunStarter {
  return {
    async start(workflowId, arrivals) {
      try {
        await client.workflow.start<(input: IngestInput) => Promise<IngestResult>>(workflowType, {
          taskQueue,
          workflowId,
          args: [{ arrivals }],
          workflowIdReusePolicy: "REJECT_DUPLICATE",
          workflowTaskTimeout: workflowTaskTimeout(arrivals.length),
          typedSearchAttributes: searchAttributesOf(arrivals, site),
          priority: livePriority(arrivals[0]?.tenant ?? ""),
          staticSummary: fitSummary(subjectOf(arrivals)),
          staticDetails: detailsOf(arrivals),
        });
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
    async closed(workflowId, signal) {
      try {
        const handle = client.workflow.getHandle(workflowId);
        const result: unknown = await client.withAbortSignal(signal, () => handle.result());
        return isIngestResult(result) ? { kind: "result", result } : { kind: "result", result: { outcomes: [] } };
      } catch (error) {
        if (error instanceof WorkflowFailedError) return endOfFailed(workflowId, error);
        if (error instanceof WorkflowNotFoundError) return { kind: "unknown" };
        throw error;
      }
    },
  };
}

/** A run that failed as a run may still say, in its failure's details, how each of its arrivals ended. */
function endOfFailed(workflowId: string, { cause, message }: WorkflowFailedError): RunEnd {
  if (cause instanceof ApplicationFailure) {
    const said = cause.details?.find(isIngestResult);
    if (said) return { kind: "result", result: said };
  }
  const code = cause instanceof ApplicationFailure && cause.type ? cause.type : "RUN_FAILED";
  const words = `The run ${workflowId} did not finish: ${cause?.message ?? message}. Look at it in the Temporal UI, then reprocess its objects.`;
  return { kind: "failed", reason: { code, kind: "terminal", message: words, fingerprint: fingerprintOf(code, undefined, words) } };
}

function isIngestResult(value: unknown): value is IngestResult {
  return typeof value === "object" && value !== null && "outcomes" in value && Array.isArray(value.outcomes);
}

function searchAttributesOf(arrivals: readonly Arrival[], site: string): SearchAttributePair[] {
  const [first] = arrivals;
  if (!first) return [];
  const keyword = (name: SearchAttributeName, value: string) => ({
    key: defineSearchAttributeKey(name, "KEYWORD"),
    // Keywords have room for as many bytes as workflow ids, so they are cut alike.
    value: fitWorkflowId(value),
  });
  const shared = [keyword("SluiceContainer", first.container), keyword("SluiceTenant", first.tenant), keyword("SluiceSite", site)];
  return arrivals.length === 1 ? [...shared, keyword("SluiceObject", `${first.container}/${first.key}`)] : shared;
}

/** Arrivals that are listed in the details of a run. */
const listedArrivals = 20;

/** What arrived, through which door and when, in Markdown. */
function detailsOf(arrivals: readonly Arrival[]): string {
  const listed = arrivals.slice(0, listedArrivals).map(({ container, key, door, time }) => {
    const name = key.length > 200 ? `${key.slice(0, 199)}…` : key;
    return `- \`${container}/${name.replaceAll("`", "'")}\` (${door}, ${time})`;
  });
  return [...listed, ...(arrivals.length > listedArrivals ? [`- and ${arrivals.length - listedArrivals} more`] : [])].join("\n");
}
