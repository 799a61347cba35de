import { readFileSync } from "node:fs";
import type { Settled } from "../../sdk/interpreter/settled.ts";
import type { TriggerRule } from "../../sdk/plan/plan.ts";

type Status = Settled["status"];

const nameOf = (statuses: readonly Status[]) => [...new Set(statuses)].sort().join(", ");

/** The table of `sdk/README.md`: what a rule says, by what there is among its inputs. */
export function readTruthTable() {
  const readme = readFileSync(new URL("../../sdk/README.md", import.meta.url), "utf8");
  const lines = readme.split("\n").filter((line) => line.startsWith("|"));
  const start = lines.findIndex((line) => line.startsWith("| rule |"));
  const cells = (line: string) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const columns = cells(lines[start] ?? "")
    .slice(1)
    .map((column) => nameOf(column.split(", ") as Status[]));
  const table = new Map<string, string>();
  for (const line of lines.slice(start + 2)) {
    const [rule = "", ...verdicts] = cells(line);
    for (const [index, verdict] of verdicts.entries()) table.set(`${rule.replaceAll("`", "")} of ${columns[index]}`, verdict);
  }
  return {
    size: table.size,
    says(rule: TriggerRule, statuses: readonly Status[]): string {
      const verdict = table.get(`${rule} of ${nameOf(statuses)}`);
      if (verdict === undefined) throw new Error(`sdk/README.md does not say what ${rule} says of ${nameOf(statuses)}.`);
      return verdict;
    },
  };
}
