import { defaultPayloadConverter } from "@temporalio/common";
import { auditMemo, type AskedFor, recordAudit } from "../../infra/audit.ts";
import type { Catalog } from "../../infra/catalog.ts";
import type { History } from "../../infra/histories.ts";
import type { Reprocessing } from "../../sdk/contracts/selection.ts";
import type { RunIdentity } from "../contract.ts";
import { timeOf } from "../histories/read-history.ts";

/** Who asked for a reprocessing stands in its memo, as the gateway wrote it there; what was to be processed again, in its input. */
export async function applyReprocess(catalog: Pick<Catalog, "audit">, { workflowId }: RunIdentity, { events }: History): Promise<void> {
  const [started] = events ?? [];
  const { memo, input, continuedExecutionRunId } = started?.workflowExecutionStartedEventAttributes ?? {};
  const [payload, given] = [memo?.fields?.[auditMemo], input?.payloads?.[0]];
  if (!started || !payload || !given || continuedExecutionRunId) return;
  const mark = workflowId.slice(workflowId.indexOf("/") + 1);
  const asked = defaultPayloadConverter.fromPayload<AskedFor>(payload);
  const { selection } = defaultPayloadConverter.fromPayload<{ readonly reprocessing: Reprocessing }>(given).reprocessing;
  await recordAudit(catalog, mark, { ...asked, selection, workflow_id: workflowId, at: new Date(timeOf(started)) });
}
