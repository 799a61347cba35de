// `node bench/profile.ts FILE…`: where the processor time of V8's profiles went, by module and by function.
import { readFile } from "node:fs/promises";
import { basename } from "node:path";

type Node = {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
};
type Profile = { readonly nodes: readonly Node[]; readonly samples: readonly number[]; readonly timeDeltas: readonly number[] };

/** The package of a file, or where in the repository it stands. */
function moduleOf(url: string): string {
  if (url === "") return "(engine)";
  const packaged = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url);
  if (packaged) return packaged[1] ?? url;
  return url.startsWith("node:") ? url : url.replace(/^.*?\/(?=(?:sdk|dags|activities|gateway|infra|workflows|workers|loader)\/)/, "");
}

function sum(profile: Profile, nameOf: (node: Node) => string): ReadonlyMap<string, number> {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const totals = new Map<string, number>();
  for (const [index, id] of profile.samples.entries()) {
    const node = nodes.get(id);
    if (!node || node.callFrame.functionName === "(idle)") continue;
    const name = nameOf(node);
    totals.set(name, (totals.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0) / 1e6);
  }
  return totals;
}

function show(title: string, totals: ReadonlyMap<string, number>, most: number): void {
  const whole = [...totals.values()].reduce((total, seconds) => total + seconds, 0);
  console.log(`  ${title}, ${whole.toFixed(2)} s in all`);
  for (const [name, seconds] of [...totals].toSorted(([, one], [, other]) => other - one).slice(0, most)) {
    console.log(`  ${seconds.toFixed(2).padStart(8)} s ${((seconds / whole) * 100).toFixed(1).padStart(5)} %  ${name}`);
  }
}

for (const file of process.argv.slice(2)) {
  const profile = JSON.parse(await readFile(file, "utf8")) as Profile;
  console.log(basename(file));
  show(
    "by module",
    sum(profile, ({ callFrame }) => moduleOf(callFrame.url)),
    25,
  );
  show(
    "by function",
    sum(
      profile,
      ({ callFrame: { functionName, url, lineNumber } }) => `${functionName || "(anonymous)"} ${moduleOf(url)}:${lineNumber + 1}`,
    ),
    40,
  );
}
