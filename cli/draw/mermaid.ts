import type { Plan } from "../../sdk/plan/plan.ts";
import { graphOf, type Vertex } from "./graph.ts";

const shapes = {
  object: ["([", "])"],
  task: ["[", "]"],
  integrator: ["[(", ")]"],
  match: ["{", "}"],
  map: ["[[", "]]"],
  after: ["{{", "}}"],
} as const;

/** A plan as a Mermaid flowchart; what runs together in one activity stands in one frame. */
export function mermaidOf(plan: Plan): string {
  const { vertices, edges, stages } = graphOf(plan);
  const names = new Map(vertices.map(({ id }, index) => [id, `n${index}`]));
  const name = (id: string) => names.get(id) ?? id;
  const draw = (vertex: Vertex) =>
    `${name(vertex.id)}${shapes[vertex.kind][0]}"${quoted([vertex.title, vertex.detail].filter(Boolean).join("\n"))}"${shapes[vertex.kind][1]}`;
  const framed = new Set(stages.flat());
  return [
    "flowchart TD",
    ...vertices.filter(({ id }) => !framed.has(id)).map((vertex) => `  ${draw(vertex)}`),
    ...stages.flatMap((nodes, index) => [
      `  subgraph stage${index + 1}["one activity"]`,
      ...vertices.filter(({ id }) => nodes.includes(id)).map((vertex) => `    ${draw(vertex)}`),
      "  end",
    ]),
    ...edges.map(({ from, to, label }) => `  ${name(from)} -->${label ? `|"${quoted(label)}"|` : ""} ${name(to)}`),
  ].join("\n");
}

function quoted(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll("\n", "<br/>");
}
