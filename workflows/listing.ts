import type { Finding, ListingCounts, ListingPart, PassMark, Stretch } from "../sdk/contracts/reconciliation.ts";

/** What is to be kept once what was found has been started, and what of the part is left for this time. */
export type Advance = { readonly mark?: Partial<PassMark>; readonly rest?: ListingPart };

/** Where a part stands after a stretch of it. `now` is ISO 8601. */
export function advance(part: ListingPart, stretch: Stretch, now: string): Advance {
  const { kind, prefix, budget } = part;
  const pass: PassMark = { ...part.pass, after: stretch.next ?? "", listed: part.pass.listed + stretch.listed };
  const left = budget === undefined ? undefined : budget - stretch.listed;
  const goesOn = stretch.next !== undefined && (left === undefined || left > 0);
  const rest = goesOn ? { ...part, after: pass.after, pass, ...(left !== undefined && { budget: left }) } : undefined;
  const mark =
    kind === "tail" ? tailMark(stretch) : kind === "pass" || (prefix === "" && !goesOn) ? passMark(part, pass, stretch, now) : undefined;
  return { ...(mark && { mark }), ...(rest && { rest }) };
}

function tailMark({ settled }: Stretch): Partial<PassMark> | undefined {
  return settled === undefined ? undefined : { last: settled };
}

function passMark(part: ListingPart, pass: PassMark, { next, settled }: Stretch, now: string): Partial<PassMark> {
  const { begun, after, listed } = pass;
  if (next !== undefined) return { begun, after, listed };
  return { begun, after, listed: 0, whole: { begun, ended: now, size: listed }, last: settled ?? part.after };
}

export function withStretch(counts: ListingCounts, { listed, known, young, gone, found }: Stretch): ListingCounts {
  const findings = found.reduce(withFinding, counts.findings);
  return {
    ...counts,
    listed: counts.listed + listed,
    known: counts.known + known,
    young: counts.young + young,
    gone: counts.gone + gone,
    found: counts.found + found.length,
    findings,
  };
}

function withFinding(findings: ListingCounts["findings"], { finding }: { readonly finding: Finding }): ListingCounts["findings"] {
  return { ...findings, [finding]: findings[finding] + 1 };
}

/** For people, in Markdown. */
export function listingText({ listed, known, young, gone, found, findings, problems }: ListingCounts): string {
  const kinds = Object.entries(findings).flatMap(([kind, count]) => (count > 0 ? [`${count} ${kind}`] : []));
  return [
    `**${listed}** objects listed: ${known} known, ${found} found${kinds.length > 0 ? ` (${kinds.join(", ")})` : ""}, ${young} left to their webhooks. ${gone} documents without an object.`,
    ...problems.map((problem) => `- ${problem}`),
  ].join("\n\n");
}
