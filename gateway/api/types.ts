import type { z } from "zod";
import type * as schema from "./schemas.ts";

export type ObjectSummary = z.output<typeof schema.objectSummary>;
export type ObjectDocument = z.output<typeof schema.objectDocument>;
export type ObjectPage = z.output<typeof schema.objectPage>;
export type ObjectName = z.output<typeof schema.objectName>;
export type Container = z.output<typeof schema.container>;
export type Trace = z.output<typeof schema.trace>;
export type TraceRun = Trace["runs"][number];
export type UploadMetadata = z.output<typeof schema.uploadMetadata>;
export type Upload = z.output<typeof schema.upload>;
export type ArrivalView = z.output<typeof schema.arrival>;
export type Reprocessing = z.output<typeof schema.reprocessing>;
export type DagSummary = z.output<typeof schema.dagSummary>;
export type DagDetail = z.output<typeof schema.dagDetail>;
export type Quarantined = z.output<typeof schema.quarantined>;
export type Status = z.output<typeof schema.status>;
export type Problem = z.output<typeof schema.problem>;
