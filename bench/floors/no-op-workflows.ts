import { proxyActivities, proxyLocalActivities } from "@temporalio/workflow";

type NoOp = { readonly noOpActivity: (count: number) => Promise<number> };

const ordinary = proxyActivities<NoOp>({ startToCloseTimeout: "1 minute" });
const local = proxyLocalActivities<NoOp>({ startToCloseTimeout: "1 minute" });

export async function noOp(): Promise<void> {}

export async function noOpChain(length: number, how: "ordinary" | "local"): Promise<number> {
  const { noOpActivity } = how === "local" ? local : ordinary;
  let count = 0;
  for (let index = 0; index < length; index++) count = await noOpActivity(count);
  return count;
}
