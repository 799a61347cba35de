import { Ansis } from "ansis";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { showCounter, showProgress } from "./progress.ts";

/** What was written to a terminal of 80 columns. */
let screen: string[];
let terminal: NodeJS.WriteStream;
beforeEach(() => {
  screen = [];
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  stream.write = (text: string | Uint8Array) => screen.push(String(text)) > 0;
  terminal = stream as unknown as NodeJS.WriteStream;
});

it("shows no bar where a line is printed: the bar clears the line on which it began, and cuts long ones", () => {
  const print = (text: string) => void screen.push(text);
  const output = { json: false, width: 80, paint: new Ansis(0), print, note: print, result: () => {} };
  {
    using progress = showProgress({ ...output, terminal }, 10);
    progress.advance(10);
    progress.print("first");
    progress.note("second");
  }
  const all = screen.join("");
  const [saved, restored, wrapping, cutting] = ["\u001b7", "\u001b8", "\u001b[?7h", "\u001b[?7l"];
  for (const line of ["first", "second"]) {
    const before = all.slice(0, all.indexOf(line));
    expect(before.lastIndexOf(restored)).toBeGreaterThan(before.lastIndexOf(saved));
    expect(before.lastIndexOf(wrapping)).toBeGreaterThan(before.lastIndexOf(cutting));
  }
  expect(all.split(saved).length).toBe(all.split(restored).length);
});

describe("a bar of things that are done", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date", "performance", "setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  /** The bar as it stands. */
  const bar = () => screen.map(stripVTControlCharacters).findLast((text) => text.includes("%"));

  it("tells how many a second and the time left, counted from what was done when one began to watch", () => {
    using counter = showCounter({ terminal });
    counter.update(500, 1_000, "running");
    expect(bar()).toBe("██████████░░░░░░░░░░ 50%  running  0/s");
    vi.advanceTimersByTime(5_000);
    counter.update(600, 1_000, "running");
    expect(bar()).toBe("████████████░░░░░░░░ 60%  running  20/s  20.0 s left");
    vi.advanceTimersByTime(20_000);
    counter.update(1_000, 1_000, "completed");
    expect(bar()).toBe("████████████████████ 100%  completed  20/s");
  });

  it("tells no time left while nothing gets on, and grows with what is found", () => {
    using counter = showCounter({ terminal });
    counter.update(0, undefined, "selecting");
    vi.advanceTimersByTime(1_000);
    counter.update(0, 10, "paused");
    expect(bar()).toBe("░░░░░░░░░░░░░░░░░░░░ 0%  paused  0/s");
    vi.advanceTimersByTime(1_000);
    counter.update(30, 10, "running");
    expect(bar()).toBe("████████████████████ 100%  running  15/s");
  });
});

it("writes nothing where there is no terminal", () => {
  using counter = showCounter({ terminal: undefined });
  counter.update(1, 2, "running");
  expect(screen).toEqual([]);
});
