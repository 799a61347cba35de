import Table from "cli-table3";
import { countFaults } from "./audit/index.ts";
import { faultsFound } from "./audit/finding.ts";
import type { RunResult } from "./run.ts";

const shown = 5;

/** The run as tables, and what was found wrong line by line. */
export function render(result: RunResult): string {
  const faults = plainTable(["fault", "in flight", "away", "recovery", "failed attempts", "effects repeated"]);
  for (const { fault, inFlight, away, recovery, attempts, repeated } of result.faults)
    faults.push([fault, inFlight, `${away.toFixed(1)} s`, `${recovery.toFixed(1)} s`, attempts, repeated]);
  const audit = plainTable(["audit", "expected", "found", ...faultsFound]);
  for (const finding of result.findings)
    audit.push([finding.what, finding.expected, finding.found, ...faultsFound.map((fault) => finding[fault].length)]);
  const { events, repeat, reorder, drop } = result.webhooks;
  const { sent, repeated } = result.effects;
  return [
    faults.toString(),
    audit.toString(),
    `${result.objects} objects in ${result.puts} versions, ${result.seconds.toFixed(0)} s; ${events} webhooks: ${repeat} repeated, ${reorder} out of order, ${drop} dropped; ${sent} points and documents sent, ${repeated} of them again`,
    ...problems(result),
  ].join("\n");
}

function problems({ findings }: RunResult): readonly string[] {
  return findings.flatMap((finding) =>
    faultsFound.flatMap((fault) => {
      const lines = finding[fault];
      const more = lines.length > shown ? [`  … and ${lines.length - shown} more`] : [];
      return lines.length === 0 ? [] : [`${finding.what} ${fault}:`, ...lines.slice(0, shown).map((line) => `  ${line}`), ...more];
    }),
  );
}

/** How a suite ends: each comparison of the audit is a test. */
export function verdict({ findings }: RunResult): { readonly passed: number; readonly failed: number } {
  const passed = findings.filter((finding) => countFaults([finding]) === 0).length;
  return { passed, failed: findings.length - passed };
}

function plainTable(head: string[]) {
  return new Table({ head, style: { head: [], border: [] }, colAligns: head.map((_, index) => (index === 0 ? "left" : "right")) });
}
