import type { Ansis } from "ansis";
import type { ReprocessingRun } from "../../gateway/client.ts";
import { details } from "../output/details.ts";
import { count, moment, number, printable } from "../output/format.ts";
import { coloured } from "../output/state.ts";

export function isOver({ state }: Pick<ReprocessingRun, "state">): boolean {
  return state === "completed" || state === "cancelled" || state === "failed";
}

/** Objects that ended, one way or the other. */
export function doneOf({ processed, quarantined, failed, other }: ReprocessingRun): number {
  return processed + quarantined + failed + other;
}

/** Whether every object that was meant is processed. */
export function isWell(run: ReprocessingRun): boolean {
  return run.state === "completed" && run.processed === run.started;
}

/** `297 of 300 processed, 3 quarantined`. */
export function countsText(run: ReprocessingRun): string {
  const { selected, started, processed, quarantined, failed, other } = run;
  const rest = { quarantined, failed, "taken by other runs or gone": other, "under way": started - doneOf(run) };
  const more = Object.entries(rest).flatMap(([what, amount]) => (amount > 0 ? [`${number(amount)} ${what}`] : []));
  return [`${number(processed)} of ${selected === undefined ? "?" : number(selected)} processed`, ...more].join(", ");
}

/** All that is known of a run, for people. */
export function runText(run: ReprocessingRun, paint: Ansis): string {
  const { id, state, since, ended, rate, failures, problem, link } = run;
  return details(
    [
      ["reprocessing", paint.bold(id)],
      ["state", coloured(colourOf(run), paint, state)],
      ["objects", countsText(run)],
      ["rate", rate === undefined ? "" : `no more than ${count(rate, "object")} a second`],
      ["since", moment(since)],
      ["ended", ended ? moment(ended) : ""],
      ["problem", problem ? printable(problem) : ""],
      [
        "failures",
        failures
          .map((one) => `${number(one.count)} × ${printable(one.message)}\n  ${one.fingerprint}, e.g. ${printable(one.example)}`)
          .join("\n"),
      ],
      ["run", paint.cyan(link)],
    ],
    paint,
  );
}

/** Green where all went well, red where not, yellow while it goes. */
export function colourOf(run: ReprocessingRun): string {
  return isOver(run) ? (isWell(run) ? "processed" : "failed") : "processing";
}
