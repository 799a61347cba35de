import cliProgress from "cli-progress";
import { bytes } from "./format.ts";
import type { Output } from "./output.ts";

export type Progress = Disposable & {
  /** Bytes that went through since the last call. */
  readonly advance: (amount: number) => void;
  /** A line for people, above the bar. */
  readonly print: (text: string) => void;
};

/** A bar of bytes on stderr where that is a terminal; nothing elsewhere. */
export function showProgress(output: Output, total: number): Progress {
  const { terminal } = output;
  if (!terminal || total === 0) return { advance: () => {}, print: output.print, [Symbol.dispose]: () => {} };
  const bar = new cliProgress.SingleBar({
    stream: terminal,
    clearOnComplete: true,
    hideCursor: true,
    barsize: 30,
    format: "{bar} {percentage}%  {done} of {all}  {eta_formatted} left",
    barCompleteChar: "█",
    barIncompleteChar: "░",
  });
  let done = 0;
  bar.start(total, 0, { done: bytes(0), all: bytes(total) });
  return {
    advance(amount) {
      done += amount;
      bar.update(Math.min(done, total), { done: bytes(done) });
    },
    print(text) {
      terminal.clearLine(0);
      terminal.cursorTo(0);
      output.print(text);
    },
    [Symbol.dispose]: () => bar.stop(),
  };
}

export type Counter = Disposable & { readonly update: (done: number, total: number | undefined, words: string) => void };

/** A bar of things that are done on stderr, with their rate and the time left; nothing where that is no terminal. */
export function showCounter({ terminal }: Pick<Output, "terminal">): Counter {
  if (!terminal) return { update: () => {}, [Symbol.dispose]: () => {} };
  const bar = new cliProgress.SingleBar({
    stream: terminal,
    clearOnComplete: true,
    hideCursor: true,
    barsize: 20,
    format: "{bar} {percentage}%  {words}  {rate}/s  {eta_formatted} left",
    barCompleteChar: "█",
    barIncompleteChar: "░",
  });
  let first: { readonly at: number; readonly done: number } | undefined;
  return {
    update(done, total, words) {
      const now = performance.now();
      if (!first) bar.start(total ?? 0, done, { words, rate: 0 });
      first ??= { at: now, done };
      const seconds = (now - first.at) / 1_000;
      bar.setTotal(Math.max(total ?? 0, done));
      bar.update(done, { words, rate: seconds > 0 ? Math.round((done - first.done) / seconds) : 0 });
    },
    [Symbol.dispose]: () => bar.stop(),
  };
}
