import type { Part } from "../figure.ts";
import { chain } from "./chain.ts";
import { fairness } from "./fairness.ts";
import { fanOut } from "./fan-out.ts";
import { growth } from "./growth.ts";
import { idleLatency } from "./idle-latency.ts";
import { largeCsv, largeJsonLines } from "./large-files.ts";
import { manyObjects } from "./many-objects.ts";
import { reconcile } from "./reconcile.ts";
import { reprocess } from "./reprocess.ts";
import { startUp } from "./start-up.ts";
import { sustained } from "./sustained.ts";
import { transfer } from "./transfer.ts";
import { webhooks } from "./webhooks.ts";

/** In the order of their turns; of those in one lake, one that wants it small comes first. */
export const parts: readonly Part[] = [
  startUp,
  idleLatency,
  chain,
  fanOut,
  manyObjects,
  webhooks,
  fairness,
  transfer,
  largeCsv,
  largeJsonLines,
  growth,
  reprocess,
  reconcile,
  sustained,
];
