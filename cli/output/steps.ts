import type { Progress, Report } from "../../infra/local/progress.ts";
import { duration } from "./format.ts";
import type { Output } from "./output.ts";

export type Steps = Disposable & { readonly report: Report };

const frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
const nameWidth = 14;

/** The whole of it is said at the end, by whoever handles the error. */
const firstSentence = (text: string) => text.split(/(?<=\.)\s|\n/, 1)[0] ?? "";

/** One line on stderr for each step when it ends; on a terminal also a living one for each that is under way. */
export function showSteps(output: Pick<Output, "paint" | "terminal" | "note">): Steps {
  const { paint, terminal } = output;
  const working = new Map<string, { readonly since: number; readonly detail: string }>();
  let drawn = 0;

  const line = (sign: string, name: string, ms: number, detail: string) =>
    `${sign} ${name.padEnd(nameWidth)} ${paint.dim(duration(ms).padStart(10))}  ${detail}`;

  const clear = () => {
    if (drawn > 0) terminal?.write(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };

  const draw = () => {
    if (!terminal) return;
    const now = performance.now();
    const sign = frames[Math.floor(now / 100) % frames.length] ?? "";
    const lines = [...working].map(([name, { since, detail }]) => line(paint.yellow(sign), name, now - since, detail));
    terminal.write(lines.map((text) => `${text.slice(0, terminal.columns + 20)}\n`).join(""));
    drawn = lines.length;
  };

  const timer = terminal && setInterval(() => (clear(), draw()), 100).unref();

  function report({ step, state, ms, detail }: Progress): void {
    clear();
    if (state === "working") {
      working.set(step, { since: performance.now() - ms, detail });
      // Nobody should wonder at a pipe that stays silent for minutes.
      if (!terminal && detail.startsWith("building")) output.note(line("…", step, ms, detail));
    } else {
      working.delete(step);
      const sign = state === "done" ? paint.green("✓") : paint.red("✗");
      output.note(line(sign, step, ms, state === "done" ? detail : paint.red(firstSentence(detail))));
    }
    draw();
  }

  return {
    report,
    [Symbol.dispose]() {
      clearInterval(timer);
      clear();
    },
  };
}
