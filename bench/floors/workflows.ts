import { proxyActivities, proxyLocalActivities } from "@temporalio/workflow";
import type { Script } from "./script.ts";

type FloorActivities = Script & { readonly noOpActivity: (count: number) => Promise<number> };

const ordinary = proxyActivities<FloorActivities>({ startToCloseTimeout: "1 minute" });
const local = proxyLocalActivities<FloorActivities>({ startToCloseTimeout: "1 minute" });

export async function noOp(): Promise<void> {}

export async function noOpChain(length: number, how: "ordinary" | "local"): Promise<number> {
  const { noOpActivity } = how === "local" ? local : ordinary;
  let count = 0;
  for (let index = 0; index < length; index++) count = await noOpActivity(count);
  return count;
}

/** The script's three steps as somebody would write them by hand, each of them durable. */
export async function processByHand(into: string, container: string, key: string, number: number): Promise<void> {
  const fetched = await ordinary.fetchReadings(container, key);
  const points = await ordinary.writePoints(into, fetched.readings, number);
  await ordinary.writeDocument(into, container, key, { ...fetched.object, points });
}
