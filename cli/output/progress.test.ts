import { Ansis } from "ansis";
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { showProgress } from "./progress.ts";

it("shows no bar where a line is printed: the bar clears the line on which it began, and cuts long ones", () => {
  const screen: string[] = [];
  const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  terminal.write = (text: string | Uint8Array) => screen.push(String(text)) > 0;
  const print = (text: string) => void screen.push(text);
  const output = { json: false, width: 80, paint: new Ansis(0), print, note: print, result: () => {} };
  {
    using progress = showProgress({ ...output, terminal: terminal as unknown as NodeJS.WriteStream }, 10);
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
