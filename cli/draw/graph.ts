import { nodeOf, referencesOf, scopesAround } from "../../sdk/plan/graph.ts";
import type { Expression, Plan, PlanNode, Port, Scope } from "../../sdk/plan/plan.ts";

export type Vertex = {
  readonly id: string;
  readonly kind: "object" | "task" | "integrator" | "match" | "map" | "after";
  readonly title: string;
  readonly detail: string;
  /** Number of the stage that it runs in with others; undefined where it runs by itself. */
  readonly stage?: number;
};

export type Edge = { readonly from: string; readonly to: string; readonly label?: string };

/** A plan as people picture it: branches hang from their match, what follows a match hangs from its branches. */
export type Graph = {
  readonly vertices: readonly Vertex[];
  readonly edges: readonly Edge[];
  readonly stages: readonly (readonly string[])[];
};

export function graphOf(plan: Plan): Graph {
  const stages = plan.stages.map(({ nodes }) => nodes.filter((id) => nodeOf(plan, id)?.kind === "task")).filter(({ length }) => length > 1);
  const stageOf = (id: string) => {
    const index = stages.findIndex((nodes) => nodes.includes(id));
    return index < 0 ? {} : { stage: index + 1 };
  };
  const afters = plan.scopes.filter((scope) => scope.kind === "after");
  const vertices: Vertex[] = [
    { id: "object", kind: "object", title: "object", detail: "" },
    ...plan.nodes.map((node) => ({ id: node.id, ...describe(plan, node), ...stageOf(node.id) })),
    ...afters.map((scope) => ({
      id: scope.id,
      kind: "after" as const,
      title: `after ${scope.rule}`,
      detail: scope.recovers ? "recovers" : "",
    })),
  ];
  const edges = [...plan.nodes.flatMap((node) => edgesInto(plan, node)), ...afters.flatMap((scope) => edgesIntoAfter(plan, scope))];
  return { vertices, edges: reduced(edges), stages };
}

function describe(plan: Plan, node: PlanNode): Pick<Vertex, "kind" | "title" | "detail"> {
  if (node.kind === "match") return { kind: "match", title: `match ${show(node.on)}`, detail: "" };
  if (node.kind === "map") {
    const tolerated = !node.tolerate
      ? ""
      : "count" in node.tolerate
        ? `, ${node.tolerate.count} may fail`
        : `, ${node.tolerate.fraction * 100}% may fail`;
    return { kind: "map", title: `map ${show(node.over)}`, detail: `${node.concurrency} at once${tolerated}` };
  }
  const spec = plan.tasks[node.task];
  if (spec?.kind === "integrator") return { kind: "integrator", title: node.id, detail: node.options ? show(node.options) : "" };
  return { kind: "task", title: node.id, detail: spec ? showPort(spec.out) : "" };
}

function edgesInto(plan: Plan, node: PlanNode): Edge[] {
  const scope = plan.scopes.find(({ id }) => id === node.scope);
  const data = inputsOf(node)
    .flatMap(referencesOf)
    .flatMap((reference) => sourcesOf(plan, reference.node, node))
    .map((from) => ({ from, to: node.id }));
  const fromInside = data.some(({ from }) => isInside(plan, from, node.scope));
  const control = scope && !fromInside ? [{ from: scopeVertex(scope), to: node.id, label: scopeLabel(plan, scope) }] : [];
  const all = [...control, ...data];
  return all.length > 0 ? all : [{ from: "object", to: node.id }];
}

/** What a node waits for by itself; that of its branches and its body is theirs. */
function inputsOf(node: PlanNode): readonly Expression[] {
  if (node.kind === "match") return [node.on];
  return node.kind === "map" ? [node.over] : [node.input, ...(node.options ? [node.options] : [])];
}

function edgesIntoAfter(plan: Plan, scope: Extract<Scope, { kind: "after" }>): Edge[] {
  return scope.of.flatMap((id) => sourcesOf(plan, id)).map((from) => ({ from, to: scope.id }));
}

/** Where a node's value comes from: of a match its branches, of a map the end of its body. */
function sourcesOf(plan: Plan, id: string, user?: PlanNode): string[] {
  const node = nodeOf(plan, id);
  const inside = user !== undefined && scopesAround(plan, user.scope).some((scope) => scopeVertex(scope) === id);
  if (!node || node.kind === "task" || inside) return [id];
  const results = node.kind === "match" ? node.cases.map(({ result }) => result) : [node.result];
  const sources = results.flatMap(referencesOf).filter(({ node: of }) => nodeOf(plan, of) && of !== id);
  return sources.length === 0 ? [id] : [...new Set(sources.flatMap(({ node: of }) => sourcesOf(plan, of)))];
}

function scopeVertex(scope: Scope | undefined): string {
  if (scope?.kind === "case") return scope.match;
  return scope?.kind === "map" ? scope.map : (scope?.id ?? "object");
}

function scopeLabel(plan: Plan, scope: Scope): string {
  if (scope.kind === "map") return "each";
  if (scope.kind === "after") return "";
  const match = nodeOf(plan, scope.match);
  return (match?.kind === "match" ? match.cases[scope.index]?.when : undefined) ?? "otherwise";
}

function isInside(plan: Plan, id: string, scope: string | null): boolean {
  return scope !== null && scopesAround(plan, nodeOf(plan, id)?.scope ?? null).some((around) => around.id === scope);
}

/** Without edges that a longer way says already; a label stays with its edge. */
function reduced(edges: readonly Edge[]): Edge[] {
  const labelledFirst = [...edges].sort((one, other) => Number(Boolean(other.label)) - Number(Boolean(one.label)));
  const unique = labelledFirst.filter(
    (edge, index) => labelledFirst.findIndex(({ from, to }) => from === edge.from && to === edge.to) === index,
  );
  const next = (from: string) => unique.filter((edge) => edge.from === from).map(({ to }) => to);
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    next(from).some((id) => id === to || (!seen.has(id) && reaches(id, to, seen.add(id))));
  return unique.filter((edge) => edge.label || !next(edge.from).some((id) => id !== edge.to && reaches(id, edge.to)));
}

function show(expression: Expression): string {
  if ("const" in expression) return showConstant(expression.const);
  if ("list" in expression) return expression.list.map(show).join(", ");
  if ("record" in expression) return Object.values(expression.record).map(show).join(" · ");
  const start = "from" in expression ? expression.from : expression.result;
  return expression.path.reduce<string>((text, step) => (typeof step === "number" ? `${text}[${step}]` : `${text}.${step}`), start);
}

function showConstant(value: unknown): string {
  if (Array.isArray(value)) return value.map(showConstant).join(", ");
  return typeof value === "object" && value !== null ? Object.values(value).map(showConstant).join(" · ") : String(value);
}

function showPort(port: Port): string {
  if (port.kind === "rows") return `rows ${showSchema(port.schema)}`.trim();
  return port.kind === "value" ? showSchema(port.schema) : "";
}

function showSchema(schema: { readonly [key: string]: unknown }): string {
  const { properties, type } = schema;
  if (typeof properties === "object" && properties !== null) return Object.keys(properties).join(", ");
  return typeof type === "string" ? type : "";
}
