import { relative } from "node:path";
import type { LoadedDag } from "../../loader/loaded.ts";
import type { ArrivalPattern } from "../../sdk/plan/plan.ts";
import { drawPlan } from "../draw/terminal.ts";
import { mermaidOf } from "../draw/mermaid.ts";
import { createOutput } from "../output/output.ts";
import { type Column, table } from "../output/table.ts";
import { dagNamed, type FolderOptions, isShipped, openFolders } from "./folders.ts";

type Json = { readonly json?: boolean };

/** `campus: text/csv (key roof/**)`. */
function taken({ container, types, key }: ArrivalPattern): string {
  const keys = key.includes("**") ? "" : ` (key ${key.join(", ")})`;
  return `${container.join(", ")}: ${types.join(", ")}${keys}`;
}

const columns: readonly Column<LoadedDag>[] = [
  { title: "dag", value: ({ plan }) => plan.dag },
  { title: "takes", value: ({ plan }) => plan.on.map(taken).join(" | "), flexible: true },
  { title: "priority", value: ({ plan }) => plan.on.map(({ priority }) => priority).join(", "), align: "right" },
  { title: "writes to", value: (dag) => sinksOf(dag).join(", "), flexible: true },
  { title: "plan", value: ({ hash }) => hash.slice(0, 12) },
  { title: "file", value: (dag) => (isShipped(dag) ? "ships with Sluice" : relative("", dag.file)), flexible: true },
];

export async function listDags(options: FolderOptions & Json): Promise<void> {
  const output = createOutput(options);
  await using registry = await openFolders(options, output);
  const dags = registry.inForce();
  output.result({
    dags: dags.map((dag) => ({
      dag: dag.plan.dag,
      file: dag.file,
      shipped: isShipped(dag),
      on: dag.plan.on,
      sinks: sinksOf(dag),
      plan: dag.hash,
      code: dag.code,
    })),
    problems: registry.problems(),
  });
  output.print(dags.length > 0 ? table(dags, columns, output) : "No DAGs. `sluice dags new NAME` writes one to start from.");
}

export async function showDag(name: string, options: FolderOptions & Json & { readonly mermaid?: boolean }): Promise<void> {
  const output = createOutput(options);
  await using registry = await openFolders(options, output);
  const { plan } = dagNamed(registry, name);
  output.result(plan);
  output.print(options.mermaid ? mermaidOf(plan) : drawPlan(plan, output));
}

function sinksOf({ plan }: LoadedDag): string[] {
  const names = Object.values(plan.tasks)
    .filter(({ kind }) => kind === "integrator")
    .map(({ integrator }) => integrator ?? "");
  return [...new Set(names)];
}
