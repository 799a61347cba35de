import type { ArrivalRecord } from "./deps.ts";

/** Why an arrival has not been started yet, in words; undefined where it does not wait. */
export function because({ arrival, waits }: Pick<ArrivalRecord, "arrival" | "waits">): string | undefined {
  if (!waits) return undefined;
  const tenant = `its tenant ${arrival?.tenant ?? ""}`;
  if (waits.for === "object") return `an earlier arrival of the object is in the run ${waits.workflowId}`;
  const ahead = waits.before === 0 ? `it is the next of ${tenant}` : `${waits.before} of ${tenant} are before it`;
  if (waits.for === "turn") return ahead;
  return `${tenant} has reached its limit (SLUICE_TENANTS) and goes on in ${Math.ceil(waits.milliseconds / 1_000)} s; ${ahead}`;
}
