import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

export type Child = {
  readonly process: ChildProcess;
  /** What it said first. */
  readonly first: unknown;
  /** Ends it by hanging up, and waits for that. */
  stop(): Promise<void>;
};

/** Starts a file of the bench in a process of its own, and waits for its first message. */
export async function startChild(file: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<Child> {
  const child = fork(file, [...args], { stdio: ["ignore", "inherit", "inherit", "ipc"], env: { ...process.env, ...variables } });
  const ended = once(child, "exit");
  const [first] = await Promise.race([
    once(child, "message"),
    ended.then(([code]) => Promise.reject(new Error(`${file} ended with code ${code} before it said anything.`))),
  ]);
  return {
    process: child,
    first,
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
