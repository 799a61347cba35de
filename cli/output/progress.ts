import cliProgress from "cli-progress";
import { bytes, duration } from "./format.ts";
import type { Output } from "./output.ts";

export type Progress = Disposable & {
  /** Bytes that went through since the last call. */
  readonly advance: (amount: number) => void;
  /** A line for people, above the bar. */
  readonly print: (text: string) => void;
  /** As `print`, of what is beside the matter. */
  readonly note: (text: string) => void;
};

/** A bar of bytes on stderr where that is a terminal; nothing elsewhere. */
export function showProgress(output: Output, total: number): Progress {
  const { terminal } = output;
  if (!terminal || total === 0) return { advance: () => {}, print: output.print, note: output.note, [Symbol.dispose]: () => {} };
  const bar = new cliProgress.SingleBar({
    stream: terminal,
    clearOnComplete: true,
    hideCursor: true,
    barsize: 30,
    format: "{bar} {percentage}%  {done} of {all}{left}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
  });
  const begin = performance.now();
  let done = 0;
  const words = () => {
    const left = ((performance.now() - begin) / done) * (total - done);
    return { done: bytes(done), all: bytes(total), left: done > 0 && left > 0 ? `  ${duration(left)} left` : "" };
  };
  // The bar goes back to where it began and clears that line, and keeps long lines from wrapping: not with text between.
  const above = (say: Output["print"]) => (text: string) => {
    bar.stop();
    say(text);
    bar.start(total, Math.min(done, total), words());
  };
  bar.start(total, 0, words());
  return {
    advance(amount) {
      done += amount;
      bar.update(Math.min(done, total), words());
    },
    print: above(output.print),
    note: above(output.note),
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
    format: "{bar} {percentage}%  {words}  {rate}/s{eta_formatted}",
    // Of the last 100 updates: those of a second or two come in bursts.
    etaBuffer: 100,
    // Not always a number, whatever its type says: `INF` while nothing gets on, which is not above 0 either.
    formatTime: (seconds) => (seconds > 0 ? `  ${duration(seconds * 1_000)} left` : ""),
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
