import type { Ansis } from "ansis";
import type { ArrivalView } from "../../gateway/client.ts";
import { clock, fold, foldFacts, moment, printable } from "./format.ts";
import { coloured } from "./state.ts";

type View = { readonly width: number; readonly paint: Ansis };

/** An arrival that no run tells of: where it came from, when it was on disk, and why it is where it is. */
export function arrivalLines(arrival: ArrivalView, view: View): readonly string[] {
  const { paint, width } = view;
  const { door = "an unknown door", state, accepted, time, because, reason, outcome, link } = arrival;
  const facts = [`accepted ${clock(accepted)}`, time ? `landed ${moment(time)}` : "", `arrival ${arrival.id}`];
  const why = because ?? reason ?? (state === "started" ? "its run has not taken the object yet: `sluice status` says what is down" : "");
  return [
    `${paint.bold(`Came by ${printable(door)}`)}  ${coloured(outcome ?? state, paint, outcome ?? words[state])}`,
    ...foldFacts(facts, width - 2).map((line) => `  ${paint.dim(line)}`),
    ...(why ? fold(printable(why), width - 2).map((line) => `  ${line}`) : []),
    ...(link ? [`  ${paint.cyan(link)}`] : []),
  ];
}

const words: { readonly [state in ArrivalView["state"]]: string } = {
  waiting: "waits in the journal",
  started: "in a run",
  closed: "closed",
  rejected: "rejected",
};
