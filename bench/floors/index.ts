import { AsyncDisposableStack } from "@whatwg-node/disposablestack";
import { lazily } from "../../infra/lazily.ts";
import type { BenchLake } from "../lake.ts";
import { startPlainServer } from "./plain-server.ts";
import { startTemporalFloor, type TemporalFloor } from "./temporal.ts";

/** What the engine is compared with; each starts with the first part that asks for it. */
export type Floors = AsyncDisposable & {
  /** Workflows on the lake's own server, with the settings of the engine's worker. */
  tuned(): Promise<TemporalFloor>;
  /** Workflows on a server as it comes, with a worker as it comes. */
  plain(): Promise<TemporalFloor>;
};

export function openFloors({ home, env, variables }: Pick<BenchLake, "home" | "env" | "variables">): Floors {
  const closing = new AsyncDisposableStack();
  return {
    tuned: lazily(async () => closing.use(await startTemporalFloor({ server: env, variables, polls: 2 }))),
    plain: lazily(async () => closing.use(await startTemporalFloor({ server: await startPlainServer(home), variables }))),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
