import type { Ansis } from "ansis";
import type { ObjectSummary } from "../../gateway/client.ts";
import type { Failure, Place } from "../../sdk/contracts/errors.ts";
import type { Receipt } from "../../sdk/contracts/receipt.ts";
import { number, printable } from "./format.ts";

const good = ["processed", "success", "closed"];
const bad = ["quarantined", "failed", "gone", "rejected"];

/** A state in its colour: green went well, red did not, yellow is under way. */
export function coloured(state: string, paint: Ansis, text = state): string {
  if (good.includes(state)) return paint.green(text);
  if (bad.includes(state)) return paint.red(text);
  return state === "skipped" || state === "upstreamFailed" ? paint.dim(text) : paint.yellow(text);
}

const signs: { readonly [state: string]: string } = { skipped: "–", undone: "↶", upstreamFailed: "·" };

export function mark(state: string, paint: Ansis): string {
  const sign = good.includes(state) ? "✓" : bad.includes(state) ? "✗" : (signs[state] ?? "…");
  return coloured(state, paint, sign);
}

/** `1,000 points in influxdb sluice/readings`. */
export function receiptText({ sink, what, count, where, suspected }: Receipt): string {
  if (suspected) return printable(`${what} may have been written to ${sink} ${where}`);
  return printable(`${number(count)} ${count === 1 ? singular(what) : what} in ${sink} ${where}`);
}

/** Of the words that sinks count by; one that is no simple plural stays. */
function singular(what: string): string {
  return /^[a-z]+$/.test(what) ? what.replace(/(?<!ie|s|se|xe)s$/, "") : what;
}

/** `line 3, column 7`; empty where the place is not known. */
export function placeText(place: Place | undefined): string {
  if (!place) return "";
  const parts = (["field", "row", "line", "column", "pointer", "offset"] as const).flatMap((name) =>
    place[name] === undefined ? [] : [`${name} ${place[name]}`],
  );
  return printable(parts.join(", "));
}

/** The reason in one line, with its place where the sentence does not say it. */
export function reasonText({ message, place }: Failure): string {
  const where = placeText(place);
  return printable(message) + (where && !saysWhere(message, place) ? ` (${where})` : "");
}

/** `Row 3`, ``the column `sensor` ``, `at /0/value`: numbers with their unit, names as they are. */
function saysWhere(message: string, place: Place = {}): boolean {
  const said = message.toLowerCase();
  return Object.entries(place).every(([name, value]) =>
    said.includes(typeof value === "number" ? `${name} ${value}` : value.toLowerCase()),
  );
}

/** What became of an object, in one line: the DAG, where its data went and how much, or the reason why not. */
export function outcomeText(object: ObjectSummary): string {
  const { state, content_type, dags, receipts, reason } = object;
  if (reason) return `${state}: ${reasonText(reason)}`;
  const by = dags.length > 0 ? `${content_type} → ${dags.join(", ")}` : content_type;
  const what = receipts.length > 0 ? receipts.map(receiptText).join("; ") : state;
  return [by, what].filter(Boolean).join(": ");
}
