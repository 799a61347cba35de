import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startChild } from "./child.ts";

export type BareReceiver = AsyncDisposable & {
  readonly url: string;
  /** How many requests it has answered so far. */
  received(): Promise<number>;
};

/** What a store and a client can send to one who answers at once and keeps nothing. */
export async function startBareReceiver(port: number): Promise<BareReceiver> {
  const child = await startChild(fileURLToPath(new URL("receiver.ts", import.meta.url)), [String(port)]);
  return {
    url: `http://127.0.0.1:${port}/`,
    async received() {
      const answer = once(child.process, "message");
      child.process.send("how many?");
      return Number((await answer)[0]);
    },
    [Symbol.asyncDispose]: () => child.stop(),
  };
}
